import { Button, Group, Stack, Table, Text, Title } from '@mantine/core'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { useWorkspace } from '../../account.tsx'
import { texts } from '../../texts/texts.ts'
import { useFormat } from '../../ui/format.ts'
import type { PersonAnswer } from '../person.tsx'
import { Merges } from './merges.tsx'
import classes from './person.module.css'
import { Quiet } from './quiet.tsx'

const t = texts.events.person
const Merge = lazy(() => import('./merge.tsx').then(({ Merge }) => ({ default: Merge })))

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

/** Which ids belong to this person, what ties them, and who told it. */
export function Identity({ person }: { person: PersonAnswer }) {
  const { user_id, user_ids, anonymous_ids, merges, history } = person.identity
  const { may } = useWorkspace()
  const [isMerging, setMerging] = useState(false)
  if (user_id === null)
    return (
      <Part title={t.identity}>
        <Text size="sm">{t.noOwner}</Text>
      </Part>
    )
  return (
    <Part title={t.identity}>
      <Quiet>{t.userIds}</Quiet>
      <IdList ids={user_ids} />
      <Quiet>{t.anonymousIds}</Quiet>
      {anonymous_ids.length === 0 ? <Text size="sm">{t.noAnonymousIds}</Text> : <IdList ids={anonymous_ids} />}
      {merges.length > 0 && <Merges merges={merges} />}
      {may('analyst') && (
        <Group>
          <Button variant="default" size="xs" aria-haspopup="dialog" onClick={() => setMerging(true)}>
            {t.merge}…
          </Button>
        </Group>
      )}
      {history.length > 0 && <History history={history} />}
      <Suspense>{isMerging && <Merge person={person} close={() => setMerging(false)} />}</Suspense>
    </Part>
  )
}

/** More are shown when asked for. */
const FIRST_IDS = 5

function IdList({ ids }: { ids: readonly string[] }) {
  const { number } = useFormat()
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? ids : ids.slice(0, FIRST_IDS)
  return (
    <>
      {shown.map((id) => (
        <Text key={id} size="sm" style={{ overflowWrap: 'anywhere' }}>
          {id}
        </Text>
      ))}
      {shown.length < ids.length && (
        <Group>
          <Button size="compact-sm" variant="default" onClick={() => setWhole(true)}>
            {t.allIds(number(ids.length))}
          </Button>
        </Group>
      )}
    </>
  )
}

function History({ history }: { history: PersonAnswer['identity']['history'] }) {
  const format = useFormat()
  return (
    <details>
      <summary className={classes['summary']}>{t.history(format.number(history.length))}</summary>
      <ul className={classes['history']}>
        {history.map((told) => (
          <li key={`${told.fact} ${told.user_id} ${told.anonymous_id ?? told.other_id} ${told.told_at}`}>
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {t.facts[told.fact](told.user_id, told.anonymous_id ?? told.other_id ?? '')}
            </Text>
            <Text size="xs" c="dimmed">
              {t.toldAt(format.time(told.told_at), told.by)}
            </Text>
          </li>
        ))}
      </ul>
    </details>
  )
}
