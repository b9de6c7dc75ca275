import { Button, Group, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { texts } from '../../texts/texts.ts'
import { Failure } from '../../ui/faces.tsx'
import { said } from '../../ui/notice.ts'
import type { PersonAnswer } from '../person.tsx'
import { Part } from './identity.tsx'

const t = texts.events.person
const Erase = lazy(() => import('./erase.tsx').then(({ Erase }) => ({ default: Erase })))

/** Whether this person is recorded, and taking away what was. */
export function Privacy({ person }: { person: PersonAnswer }) {
  const { slug, may } = useWorkspace()
  const queries = useQueryClient()
  const [isErasing, setErasing] = useState(false)
  const { user_ids, anonymous_ids } = person.identity
  const change = useMutation({
    // An opt-out holds for the id it is told of: of a person it is told of each.
    mutationFn: async (out: boolean) => {
      for (const body of [...user_ids.map((user_id) => ({ user_id })), ...anonymous_ids.map((anonymous_id) => ({ anonymous_id }))])
        await call(out ? 'optOut' : 'optIn', { workspace: slug, body })
      return out
    },
    onSuccess: async (out) => {
      await Promise.all(['getPerson', 'listPeople'].map((name) => queries.invalidateQueries({ queryKey: [name] })))
      said(out ? t.outDone : t.inDone)
    },
  })
  if (!may('admin'))
    return (
      <Part title={t.privacy}>
        <Text size="sm">{person.opted_out ? t.optedOut : texts.shell.faces.readOnly}</Text>
      </Part>
    )
  return (
    <Part title={t.privacy}>
      {change.error && <Failure error={change.error} />}
      <Text size="sm" c="dimmed">
        {person.opted_out ? t.optInHint : t.optOutHint}
      </Text>
      <Group>
        <Button variant="default" loading={change.isPending} onClick={() => change.mutate(!person.opted_out)}>
          {person.opted_out ? t.optIn : t.optOut}
        </Button>
      </Group>
      <Text size="sm" c="dimmed">
        {person.user_id === null ? t.eraseAnonymous : t.eraseHint}
      </Text>
      {person.user_id !== null && (
        <Group>
          <Button variant="light" color="red" aria-haspopup="dialog" onClick={() => setErasing(true)}>
            {t.erase}…
          </Button>
        </Group>
      )}
      <Suspense>{isErasing && <Erase id={person.user_id ?? ''} ids={[...user_ids, ...anonymous_ids]} close={() => setErasing(false)} />}</Suspense>
    </Part>
  )
}
