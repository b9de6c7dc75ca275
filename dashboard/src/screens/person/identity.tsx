import { Anchor, Button, Group, Stack, Table, Text, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { texts } from '../../texts/texts.ts'
import { Failure } from '../../ui/faces.tsx'
import { said } from '../../ui/notice.ts'
import { useFormat } from '../../ui/format.ts'
import { useAddresses } from '../events/addresses.ts'
import type { PersonAnswer } from '../person.tsx'
import classes from './person.module.css'

const t = texts.events.person

export const Part = ({ title, children }: { title: string; children: ReactNode }) => (
  <section className={classes['card']} aria-label={title}>
    <Stack gap="xs">
      <Title order={2} fz="md">
        {title}
      </Title>
      {children}
    </Stack>
  </section>
)
const Quiet = ({ children }: { children: ReactNode }) => (
  <Text size="sm" c="dimmed">
    {children}
  </Text>
)

/** What the application told. */
export function Traits({ traits }: Pick<PersonAnswer, 'traits'>) {
  const told = Object.entries(traits)
  return (
    <Part title={t.traits}>
      {told.length === 0 ? (
        <Quiet>{t.noTraits}</Quiet>
      ) : (
        <Table fz="sm" aria-label={t.traits}>
          <Table.Thead className="only-read">
            <Table.Tr>
              <Table.Th scope="col">{t.trait}</Table.Th>
              <Table.Th scope="col">{t.value}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {told.map(([name, value]) => (
              <Table.Tr key={name}>
                <Table.Th scope="row" fw={400} c="dimmed" w="40%" px={0} style={{ overflowWrap: 'anywhere' }}>
                  {name}
                </Table.Th>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{typeof value === 'string' ? value : JSON.stringify(value)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Part>
  )
}

/** Which ids belong to this person, and who was merged with whom. */
export function Identity({ person }: { person: PersonAnswer }) {
  const { user_id, anonymous_ids, merges } = person.identity
  const to = useAddresses()
  const linkTo = (id: string) => (
    <Anchor size="sm" style={{ overflowWrap: 'anywhere' }} renderRoot={(props) => <Link {...props} {...to.person(id)} />}>
      {id}
    </Anchor>
  )
  return (
    <Part title={t.identity}>
      {person.user_id === null ? (
        <>
          <Quiet>{t.owner}</Quiet>
          {user_id ? linkTo(user_id) : <Text size="sm">{t.noOwner}</Text>}
        </>
      ) : (
        <>
          <Quiet>{t.anonymousIds}</Quiet>
          {anonymous_ids.length === 0 ? <Text size="sm">{t.noAnonymousIds}</Text> : anonymous_ids.map((id) => <div key={id}>{linkTo(id)}</div>)}
        </>
      )}
      {merges.length > 0 && (
        <>
          <Quiet>{t.merges}</Quiet>
          {merges.map((merge) => (
            <Merge key={`${merge.user_id} ${merge.other_id}`} merge={merge} me={person.user_id ?? ''} linkTo={linkTo} />
          ))}
        </>
      )}
    </Part>
  )
}

function Merge({ merge, me, linkTo }: { merge: PersonAnswer['identity']['merges'][number]; me: string; linkTo: (id: string) => ReactNode }) {
  const { slug, may } = useWorkspace()
  const queries = useQueryClient()
  const format = useFormat()
  const [isAsked, setAsked] = useState(false)
  const other = merge.user_id === me ? merge.other_id : merge.user_id
  const unmerge = useMutation({
    mutationFn: () => call('unmerge', { workspace: slug, body: { user_id: merge.user_id, other_id: merge.other_id } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['getPerson'] })
      said(t.unmerged)
    },
  })
  return (
    <Stack gap={4}>
      <Group gap="xs" justify="space-between">
        <div>
          {linkTo(other)}
          <Text size="xs" c="dimmed" title={merge.told_at}>
            {t.mergedAt(format.time(merge.told_at))}
          </Text>
        </div>
        {may('analyst') && !isAsked && (
          <Button size="xs" variant="default" onClick={() => setAsked(true)}>
            {t.unmerge}
          </Button>
        )}
      </Group>
      {unmerge.error && <Failure error={unmerge.error} />}
      {isAsked && (
        <Group gap="xs" role="group" aria-label={t.unmerge}>
          <Text size="sm">{t.unmergeSure(other)}</Text>
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
