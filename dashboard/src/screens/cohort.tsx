import { Anchor, Button, Group, Radio, Stack, Text } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import type { CohortDefinition } from '@cairn/wire/api/cohort'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useWorkspace } from '../account.tsx'
import { call } from '../api/client.ts'
import { ask } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import { Faces, Failure, Waiting } from '../ui/faces.tsx'
import { Form } from '../ui/form.tsx'
import { said } from '../ui/notice.ts'
import { Screen } from '../ui/screen.tsx'
import { Section } from '../ui/section.tsx'
import { NameField, WordsField } from '../ui/words.tsx'
import { CohortCount } from './cohort/count.tsx'
import { FIRST_RULE, Rules } from './cohort/rules.tsx'

const t = texts.boards.cohorts
const Versions = lazy(() => import('./cohort/versions.tsx').then(({ Versions }) => ({ default: Versions })))
export type Cohort = AnswerOf<'getCohort'>
const types = ['live', 'static'] as const

/** A group of people: its rules, how many belong to it, how it was before. */
export function CohortScreen() {
  const { slug } = useWorkspace()
  const { cohort: id } = useParams({ strict: false }) as { cohort: string }
  const cohort = useQuery(ask('getCohort', { workspace: slug, params: { id } }))
  if (cohort.data?.id === id) return <Editor key={`${id} ${cohort.data.version}`} cohort={cohort.data} />
  return (
    <Screen title={t.title}>
      <Faces of={{ ...cohort, data: undefined }} waiting={<Waiting rows={3} height={140} />}>
        {() => null}
      </Faces>
    </Screen>
  )
}

export const NewCohort = () => <Editor cohort={undefined} />

function Editor({ cohort }: { cohort: Cohort | undefined }) {
  const { slug: workspace, may } = useWorkspace()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [name, setName] = useState(cohort?.name ?? '')
  const [description, setDescription] = useState(cohort?.description ?? '')
  const [type, setType] = useState(cohort?.type ?? 'live')
  const [definition, setDefinition] = useState<CohortDefinition>(cohort?.definition ?? { all: [FIRST_RULE] })
  const [isPast, setPast] = useState(false)
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), description: description.trim(), type, definition }
      return cohort
        ? call('putCohort', { workspace, params: { id: cohort.id }, body: { ...body, version: cohort.version } })
        : call('createCohort', { workspace, body })
    },
    onSuccess: async (saved) => {
      queries.setQueryData(ask('getCohort', { workspace, params: { id: saved.id } }).queryKey, saved)
      // Who belongs to it changes what was asked with it.
      await Promise.all([queries.invalidateQueries({ queryKey: ['listCohorts'] }), queries.invalidateQueries({ queryKey: ['query', workspace] })])
      said(t.saved(saved.name))
      await navigate({ to: `/w/${workspace}/cohorts/${saved.id}`, replace: true })
    },
  })
  const back = (
    <Anchor size="sm" renderRoot={(props) => <Link {...props} to={`/w/${workspace}/cohorts`} />}>
      {t.back}
    </Anchor>
  )
  const past = cohort && (
    <Button variant="default" onClick={() => setPast(true)}>
      {t.versions.open}
    </Button>
  )
  const isFixed = cohort?.type === 'static'
  return (
    <Screen title={cohort?.name ?? t.newTitle} lead={back} actions={past}>
      {cohort && <CohortCount id={cohort.id} />}
      <Form submit={() => name.trim() !== '' && save.mutate()}>
        {save.error && <Failure error={save.error} title={texts.shell.faces.notDone} />}
        <fieldset disabled={!may('analyst')} style={{ all: 'unset', display: 'contents' }}>
          <Section title={t.about}>
            <Stack gap="md" maw={640}>
              <NameField label={texts.boards.saved.name} value={name} change={setName} />
              <WordsField label={texts.insights.save.description} value={description} change={setDescription} />
              {cohort ? (
                <Text size="sm">
                  {t.types[type]}: {t.typeHints[type]}
                </Text>
              ) : (
                <Radio.Group label={t.type} value={type} onChange={(next) => setType(types.find((one) => one === next) ?? 'live')}>
                  <Stack gap={6} mt={6}>
                    {types.map((value) => (
                      <Radio key={value} value={value} label={t.types[value]} description={t.typeHints[value]} />
                    ))}
                  </Stack>
                </Radio.Group>
              )}
            </Stack>
          </Section>
          <Section title={t.who} lead={isFixed ? t.fixed : t.whoLead}>
            <fieldset disabled={isFixed} style={{ all: 'unset', display: 'contents' }}>
              <Rules definition={definition} change={setDefinition} />
            </fieldset>
          </Section>
        </fieldset>
        {may('analyst') ? (
          <Group>
            <Button type="submit" loading={save.isPending} disabled={name.trim() === ''}>
              {t.save}
            </Button>
          </Group>
        ) : (
          <Text size="sm" c="dimmed">
            {texts.shell.faces.readOnly}
          </Text>
        )}
      </Form>
      <Suspense>{isPast && cohort && <Versions cohort={cohort} close={() => setPast(false)} />}</Suspense>
    </Screen>
  )
}
