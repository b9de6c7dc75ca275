import { SimpleGrid, Stack, Table, Text } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { texts } from '../../texts/texts.ts'
import { useFormat } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'
import { Section } from '../../ui/section.tsx'
import { Card } from '../overview/card.tsx'
import classes from './health.module.css'
import { Count, Lines } from './pieces.tsx'

const t = texts.operations.health.tracking

/** Whether what usually comes in comes in, in figures; what warns stands first. */
export function Tracking({ tracking }: { tracking: AnswerOf<'trackingHealth'> }) {
  const { number, percent, bytes, duration } = useFormat()
  const { warnings, streams, capture_rate: rate } = tracking
  return (
    <Section open title={t.title} lead={t.lead}>
      <Stack gap="sm">
        {warnings.length === 0 ? (
          <Text size="sm" className={`${classes['state']} ${classes['ok']}`}>
            <Icon name="check" size={16} />
            {t.noWarning}
          </Text>
        ) : (
          warnings.map(({ code, message }) => (
            <Text key={code} size="sm" role="alert" className={`${classes['state']} ${classes['degraded']}`}>
              <Icon name="quarantine" size={16} />
              {message}
            </Text>
          ))
        )}
        <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm" role="group" aria-label={t.title}>
          <Card label={t.views} value={number(tracking.task_views_today)}>
            {t.today}
          </Card>
          <Card label={t.active} value={number(tracking.tasks_active_24h)}>
            {t.lastDay}
          </Card>
          <Card label={t.rejections} value={number(tracking.task_rejections_week)}>
            {t.lastWeek}
          </Card>
          <Card label={t.sessions} value={number(tracking.sessions_week)}>
            {t.underWay(number(tracking.active_sessions))}
          </Card>
          <Card label={t.capture} value={rate === null ? '–' : percent(rate, 2)}>
            {(rate === null ? t.unmeasured : t.quarantined)(number(tracking.quarantined_week))}
          </Card>
          <Card label={t.baselines} value={number(tracking.baselines)}>
            {t.lastCalculation}
          </Card>
        </SimpleGrid>
        <Lines label={t.streams}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t.stream}</Table.Th>
                <Table.Th scope="col" className={classes['number']}>
                  {t.rows}
                </Table.Th>
                <Table.Th scope="col" className={classes['number']}>
                  {t.bytes}
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {streams.map(({ stream, rows, bytes: size, off }) => (
                <Table.Tr key={stream}>
                  <Table.Th scope="row" fw={400}>
                    {t.names[stream] ?? stream} {off && <span className={classes['zero']}>({t.off})</span>}
                  </Table.Th>
                  <Table.Td className={classes['number']}>
                    <Count value={rows} />
                  </Table.Td>
                  <Table.Td className={classes['number']}>{bytes(size)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Lines>
        <Text size="xs" c="dimmed">
          {t.pending(number(tracking.pending_events), duration(tracking.ingest_lag_ms))}
        </Text>
      </Stack>
    </Section>
  )
}
