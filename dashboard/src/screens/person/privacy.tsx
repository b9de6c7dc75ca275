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
export function Privacy({ id, person }: { id: string; person: PersonAnswer }) {
  const { slug, may } = useWorkspace()
  const queries = useQueryClient()
  const [isErasing, setErasing] = useState(false)
  const isUser = person.user_id !== null
  const change = useMutation({
    mutationFn: (out: boolean) => call(out ? 'optOut' : 'optIn', { workspace: slug, body: isUser ? { user_id: id } : { anonymous_id: id } }),
    onSuccess: async (_, out) => {
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
        {isUser ? t.eraseHint : t.eraseAnonymous}
      </Text>
      {isUser && (
        <Group>
          <Button variant="light" color="red" aria-haspopup="dialog" onClick={() => setErasing(true)}>
            {t.erase}…
          </Button>
        </Group>
      )}
      <Suspense>{isErasing && <Erase id={id} close={() => setErasing(false)} />}</Suspense>
    </Part>
  )
}
