import { ActionIcon, Badge, Button, Group, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import type { Annotation } from '../../questions/annotations.ts'
import { momentIn, wallClock } from '../../range/range.ts'
import { texts } from '../../texts/texts.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/faces.tsx'
import { Form } from '../../ui/form.tsx'
import { useFormat } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'
import { saidFailure } from '../../ui/notice.ts'
import { NameField, WordsField } from '../../ui/words.tsx'

const t = texts.insights.annotations

/** What happened in the range, as it is drawn above: told of anew, or taken away. */
export function Annotations({ annotations }: { annotations: readonly Annotation[] }) {
  const { slug: workspace, may } = useWorkspace()
  const queries = useQueryClient()
  const { time } = useFormat()
  const [isMade, setMade] = useState(false)
  const remove = useMutation({
    mutationFn: (id: string) => call('deleteAnnotation', { workspace, params: { id } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['listAnnotations'] }),
    onError: saidFailure,
  })
  if (annotations.length === 0 && !may('analyst')) return null
  return (
    <Group gap={6} role="group" aria-label={t.label}>
      {annotations.map(({ id, name, description, at, until }) => (
        <Badge
          key={id}
          color="gray"
          size="lg"
          fw={500}
          title={[description, until === null ? time(at) : `${time(at)} – ${time(until)}`].filter(Boolean).join('\n')}
          {...(may('analyst')
            ? {
                rightSection: (
                  <ActionIcon size={24} variant="transparent" color="gray" aria-label={t.remove(name)} onClick={() => remove.mutate(id)}>
                    <Icon name="close" size={12} />
                  </ActionIcon>
                ),
              }
            : {})}
        >
          {name}
        </Badge>
      ))}
      {may('analyst') && (
        <Button size="compact-sm" variant="subtle" leftSection={<Icon name="plus" size={14} />} onClick={() => setMade(true)}>
          {t.add}
        </Button>
      )}
      {isMade && <NewAnnotation close={() => setMade(false)} />}
    </Group>
  )
}

function NewAnnotation({ close }: { close: () => void }) {
  const { slug: workspace } = useWorkspace()
  const queries = useQueryClient()
  const { zone } = useFormat()
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [at, setAt] = useState(() => wallClock(Date.now(), zone))
  const [until, setUntil] = useState('')
  const isBackwards = until !== '' && until < at
  const isReady = name.trim() !== '' && at !== '' && !isBackwards
  const act = useMutation({
    mutationFn: () =>
      call('createAnnotation', {
        workspace,
        body: { name: name.trim(), description: description.trim(), at: momentIn(at, zone), ...(until === '' ? {} : { until: momentIn(until, zone) }) },
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['listAnnotations'] })
      close()
    },
  })
  return (
    <Dialog title={t.title} close={close}>
      <Form submit={() => isReady && act.mutate()}>
        {act.error && <Failure error={act.error} title={texts.shell.faces.notDone} />}
        <NameField label={t.name} value={name} change={setName} isFirst />
        <TextInput type="datetime-local" label={t.at} description={t.zone(zone)} value={at} onChange={({ currentTarget }) => setAt(currentTarget.value)} />
        <TextInput
          type="datetime-local"
          label={t.until}
          description={t.untilHint}
          value={until}
          error={isBackwards ? t.backwards : undefined}
          onChange={({ currentTarget }) => setUntil(currentTarget.value)}
        />
        <WordsField label={t.description} value={description} change={setDescription} />
        <Group justify="flex-end">
          <Button type="submit" loading={act.isPending} disabled={!isReady}>
            {t.save}
          </Button>
        </Group>
      </Form>
    </Dialog>
  )
}
