import { Card, Title } from '@mantine/core'
import { nameOf } from '../../charts/hours.tsx'
import { texts } from '../../texts/texts.ts'
import { useFormat } from '../../ui/format.ts'
import classes from './overview.module.css'
import type { Analytics } from './use-overview.ts'

const t = texts.overview

/** What stands out, in words. */
export function Glance({ analytics }: { analytics: Analytics }) {
  const { day, number } = useFormat()
  const { most_active_day, events_by_day, most_common_action, events_by_hour } = analytics
  const most = Math.max(...events_by_hour)
  const facts: Array<[string, string]> = [
    [t.mostActiveDay, most_active_day === null ? t.noneYet : `${day(most_active_day)} (${number(events_by_day[most_active_day] ?? 0)})`],
    [t.busiestHour, most > 0 ? `${nameOf(events_by_hour.indexOf(most))} (${number(most)})` : t.noneYet],
    [t.mostCommonAction, most_common_action ?? t.noneYet],
  ]
  return (
    <Card withBorder padding="md" className={classes['part']} component="section" aria-label={t.busiest}>
      <Title order={2} size="h3" mb="sm">
        {t.busiest}
      </Title>
      <dl className={classes['facts']}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}
