import type { AnswerOf } from '@cairn/wire/api'
import { SimpleGrid, Skeleton, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { texts } from '../../texts/texts.ts'
import { useFormat } from '../../ui/format.ts'
import classes from './health.module.css'
import { Section } from '../../ui/section.tsx'

const t = texts.operations.health.machine
/** Below this share of the disk an answer to it is due. */
const LITTLE_FREE = 0.05

type Fact = readonly [name: string, value: ReactNode, title?: string]

/** Memory, disk, pace and process of the node that answered. */
export function Machine({ system }: { system: AnswerOf<'system'> }) {
  const { bytes, number, ago, time } = useFormat()
  const { memory, disk, events } = system
  const engine = memory.engine_bytes ?? 0
  const used = memory.server_bytes + engine
  const nearlyFull = disk.free_bytes < disk.total_bytes * LITTLE_FREE
  return (
    <Section open title={t.title}>
      <SimpleGrid cols={{ base: 1, xs: 2, xl: 4 }} spacing="md">
        <Card
          title={t.memory}
          shares={[memory.server_bytes / memory.planned_bytes, engine / memory.planned_bytes]}
          wrong={used > memory.planned_bytes ? t.overPlan : undefined}
          line={t.ofPlan(bytes(used), bytes(memory.planned_bytes))}
          facts={[[t.server, bytes(memory.server_bytes)], ...(memory.engine_bytes === null ? [] : [[t.engine, bytes(engine)] as const])]}
        />
        <Card
          title={t.disk}
          shares={[1 - disk.free_bytes / disk.total_bytes, 0]}
          wrong={nearlyFull ? t.full : undefined}
          line={t.free(bytes(disk.free_bytes), bytes(disk.total_bytes))}
          facts={[
            [t.store, bytes(disk.store_bytes)],
            [t.share, bytes(disk.events_bytes)],
            [t.journalName, t.journal(bytes(disk.journal_bytes), bytes(disk.journal_max_bytes))],
          ]}
        />
        <Card
          title={t.events}
          facts={[
            [t.stored, number(events.stored)],
            [t.rate, number(events.loaded_per_second)],
            [t.connections, number(system.live_connections)],
          ]}
        />
        <Card
          title={t.process}
          facts={[
            [t.versions, system.version],
            [t.started, ago(system.started_at), time(system.started_at)],
            [t.restarts, number(system.engine_restarts)],
            [t.kinds, `${t.holds[system.store]}, ${t.holds[system.catalog]}`],
            [t.node, system.node],
          ]}
        />
      </SimpleGrid>
    </Section>
  )
}

function Card({
  title,
  line,
  shares,
  wrong,
  facts,
}: {
  title: string
  line?: string
  shares?: readonly number[]
  wrong?: string | undefined
  facts: readonly Fact[]
}) {
  return (
    <div className={classes['card']}>
      <Title order={3} mb={4}>
        {title}
      </Title>
      {line && <Text size="sm">{line}</Text>}
      {shares && (
        <div className={classes['bar']} aria-hidden="true">
          {shares.map((share, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- they have no other name
            <span key={index} style={{ width: `${Math.min(100, share * 100)}%` }} />
          ))}
        </div>
      )}
      {wrong && (
        <Text size="sm" role="alert" className={classes['degraded']} mb={8}>
          {wrong}
        </Text>
      )}
      <dl className={classes['facts']}>
        {facts.map(([name, value, full]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd title={full}>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

export const MachineWaiting = () => (
  <SimpleGrid cols={{ base: 1, xs: 2, xl: 4 }} spacing="md" role="status" aria-label={texts.shell.faces.waiting}>
    {(['memory', 'disk', 'events', 'process'] as const).map((name) => (
      <Skeleton key={name} height={170} radius="md" />
    ))}
  </SimpleGrid>
)
