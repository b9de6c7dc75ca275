import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { texts } from '../../texts/texts.ts'
import { Failure } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'
import { said } from '../../ui/notice.ts'
import type { PersonAnswer } from '../person.tsx'
import { Quiet } from './quiet.tsx'

const t = texts.events.person
type MergeAnswer = PersonAnswer['identity']['merges'][number]

/** Who was merged with whom, and what was taken back. */
export const Merges = ({ merges }: { merges: readonly MergeAnswer[] }) => (
  <>
    <Quiet>{t.merges}</Quiet>
    {merges.map((merge) => (
      <Merged key={`${merge.user_id} ${merge.other_id}`} merge={merge} />
    ))}
  </>
)

function Merged({ merge }: { merge: MergeAnswer }) {
  const { slug, may } = useWorkspace()
  const queries = useQueryClient()
  const format = useFormat()
  const [isAsked, setAsked] = useState(false)
  const unmerge = useMutation({
    mutationFn: () => call('unmerge', { workspace: slug, body: { user_id: merge.user_id, other_id: merge.other_id } }),
    onSuccess: async ({ meta }) => {
      await queries.invalidateQueries()
      said(meta ? t.told : t.unmerged)
    },
  })
  const isHeld = merge.taken_back_at === null
  return (
    <Stack gap={4}>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {t.pair(merge.user_id, merge.other_id)}
      </Text>
      <Group gap="xs" justify="space-between">
        <Text size="xs" c="dimmed">
          {t.mergedAt(format.time(merge.told_at), merge.by)}
          {merge.taken_back_at && `; ${t.takenBackAt(format.time(merge.taken_back_at), merge.taken_back_by)}`}
        </Text>
        {may('analyst') && isHeld && !isAsked && (
          <Button size="xs" variant="default" onClick={() => setAsked(true)}>
            {t.unmerge}
          </Button>
        )}
      </Group>
      {unmerge.error && <Failure error={unmerge.error} />}
      {isHeld && isAsked && (
        <Group gap="xs" role="group" aria-label={t.unmerge}>
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {t.unmergeSure(merge.user_id, merge.other_id)}
          </Text>
          <Button size="xs" loading={unmerge.isPending} onClick={() => unmerge.mutate()} ref={focus}>
            {t.unmerge}
          </Button>
          <Button size="xs" variant="default" onClick={() => setAsked(false)}>
            {texts.shell.faces.cancel}
          </Button>
        </Group>
      )}
    </Stack>
  )
}

/** The button that was pressed is gone: the keyboard goes on from what took its place. */
const focus = (button: HTMLButtonElement | null): void => button?.focus()
