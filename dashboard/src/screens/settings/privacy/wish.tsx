import { Button, Group, NativeSelect, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../../../account.tsx'
import { call } from '../../../api/client.ts'
import { texts } from '../../../texts/texts.ts'
import { Failure } from '../../../ui/faces.tsx'
import { Section } from '../../../ui/section.tsx'
import { Form } from '../../../ui/form.tsx'

const t = texts.settings.privacy

/** Somebody asked by mail or telephone: opts one person out, or in again. */
export function Wish() {
  const { slug: workspace } = useWorkspace()
  const queries = useQueryClient()
  const [kind, setKind] = useState<'user_id' | 'anonymous_id'>('user_id')
  const [id, setId] = useState('')
  const decide = useMutation({
    mutationFn: async ({ isOut, person }: { isOut: boolean; person: string }) => {
      const body = { [kind]: person }
      await (isOut ? call('optOut', { workspace, body }) : call('optIn', { workspace, body }))
    },
    onSuccess: () => Promise.all(['getPerson', 'listPeople'].map((name) => queries.invalidateQueries({ queryKey: [name] }))),
  })
  const person = id.trim()
  const of = (isOut: boolean) => decide.isPending && decide.variables.isOut === isOut
  return (
    <Section title={t.person} lead={t.personLead}>
      <Form
        submit={() => {
          if (person !== '') decide.mutate({ isOut: true, person })
        }}
      >
        <Group align="flex-end" gap="sm">
          <NativeSelect
            label={t.idKind}
            value={kind}
            data={[
              { value: 'user_id', label: t.userId },
              { value: 'anonymous_id', label: t.anonymousId },
            ]}
            onChange={({ currentTarget: { value } }) => setKind(value === 'anonymous_id' ? 'anonymous_id' : 'user_id')}
          />
          <TextInput
            label={t.personId}
            value={id}
            maxLength={255}
            autoComplete="off"
            flex="1 1 240px"
            maw={420}
            onChange={({ currentTarget }) => setId(currentTarget.value)}
          />
        </Group>
        {decide.error && <Failure error={decide.error} title={texts.shell.faces.notDone} />}
        <Group gap="sm">
          <Button type="submit" disabled={person === ''} loading={of(true)}>
            {t.optOut}
          </Button>
          <Button variant="default" disabled={person === ''} loading={of(false)} onClick={() => decide.mutate({ isOut: false, person })}>
            {t.optIn}
          </Button>
        </Group>
        <Text size="sm" role="status">
          {decide.isSuccess && (decide.variables.isOut ? t.optedOut : t.optedIn)(decide.variables.person)}
        </Text>
      </Form>
    </Section>
  )
}
