import { Badge, Button, Drawer, Group, Stack, Text } from '@mantine/core'
import { reasons } from '@cairn/wire/outcome'
import { useQuery } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import { texts } from '../../texts/texts.ts'
import { Copyable } from '../../ui/copy.tsx'
import { Faces } from '../../ui/faces.tsx'
import { useFocusBack } from '../../ui/focus.ts'
import { useFormat } from '../../ui/format.ts'
import { useSetUrl } from '../../url.ts'
import { Section } from '../events/detail.tsx'
import { JsonTree, ValueActions } from '../events/tree.tsx'
import treeClasses from '../events/tree.module.css'
import { lookup, madeAt, nameOfReason, type Entry, type Replay } from './replay.ts'
import { ReplayResult } from './result.tsx'

const t = texts.events.quarantine
const meanings: Readonly<Record<string, { means: string; remedy: string }>> = reasons

/** The entry that the address names: what it means, what to do, and the event as it came. */
export function OpenedEntry({ id, at, replay, mayReplay }: { id: string; at: string | undefined; replay: Replay; mayReplay: boolean }) {
  useFocusBack()
  const { slug } = useWorkspace()
  const setUrl = useSetUrl()
  const found = useQuery({ ...ask('listQuarantine', lookup(slug, at ?? madeAt(id) ?? '')), placeholderData: undefined })
  const entry = found.data?.quarantine.find(({ quarantine_id }) => quarantine_id === id)
  return (
    <Drawer
      opened
      onClose={() => setUrl({ entry: undefined, at: undefined })}
      position="right"
      size="36rem"
      padding="lg"
      title={<Text fw={600}>{entry ? nameOfReason(entry.code) : t.detail}</Text>}
      closeButtonProps={{ 'aria-label': texts.shell.faces.close, size: 'lg' }}
    >
      <Faces of={found}>{() => (entry ? <Parts entry={entry} replay={replay} mayReplay={mayReplay} /> : <Text role="status">{t.missing}</Text>)}</Faces>
    </Drawer>
  )
}

function Parts({ entry, replay, mayReplay }: { entry: Entry; replay: Replay; mayReplay: boolean }) {
  const format = useFormat()
  const { slug, may } = useWorkspace()
  // Only admins may know keys by name; to others the id says which is which.
  const keys = useQuery({ ...ask('listKeys', { workspace: slug }), enabled: may('admin') })
  const key = keys.data?.keys.find(({ id }) => id === entry.key_id)
  const meaning = meanings[entry.code]
  const pairs = [
    [t.time, format.time(entry.received_at)],
    [t.type, entry.event_type],
    [t.key, key ? `${key.name || key.prefix} (${entry.key_id})` : entry.key_id],
    [t.tracker, entry.tracker],
    [t.source, entry.source],
    [t.eventId, entry.event_id],
  ] as const
  const { event } = entry
  return (
    <Stack gap="lg">
      <Stack gap={6}>
        <Group gap="xs">
          <Badge variant="light" tt="none" color={entry.status === 'open' ? 'yellow' : 'gray'} c="var(--mantine-color-text)">
            {t.statuses[entry.status]}
          </Badge>
        </Group>
        <Text>{entry.message}</Text>
        {mayReplay && entry.status === 'open' && (
          <Group>
            <Button loading={replay.isPending} onClick={() => replay.mutate({ quarantine_ids: [entry.quarantine_id] })}>
              {t.replayThis}
            </Button>
          </Group>
        )}
        <ReplayResult of={replay} />
      </Stack>
      {meaning && (
        <>
          <Section title={t.means}>
            <Text size="sm">{meaning.means}</Text>
          </Section>
          <Section title={t.remedy}>
            <Text size="sm">{meaning.remedy}</Text>
          </Section>
        </>
      )}
      <Section title={t.asItCame}>
        {typeof event === 'object' && event !== null && <JsonTree json={event as Record<string, unknown>} />}
        <Copyable value={JSON.stringify(event, null, 2)} label={t.asItCame} />
      </Section>
      <Section title={t.detail}>
        <dl className={treeClasses['fields']}>
          {pairs.map(
            ([name, value]) =>
              value && (
                <div key={name} className={treeClasses['line']}>
                  <dt className={treeClasses['name']}>{name}</dt>
                  <dd className={treeClasses['value']} title={name === t.time ? entry.received_at : undefined}>
                    <span>{value}</span>
                    <ValueActions value={value} label={name} />
                  </dd>
                </div>
              ),
          )}
        </dl>
      </Section>
    </Stack>
  )
}
