import { Group, SimpleGrid, Text, UnstyledButton } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Change } from '../../charts/change.tsx'
import { Sparkline } from '../../charts/sparkline.tsx'
import { texts } from '../../texts/texts.ts'
import { useFormat } from '../../ui/format.ts'
import { useSetUrl } from '../../url.ts'
import classes from './overview.module.css'
import type { Analytics } from './use-overview.ts'

const t = texts.overview.figures
export type Shown = 'events' | 'people'

export type Moment = NonNullable<Analytics['timeline']>[number] & { hasBegun: boolean }

interface Props {
  now: Analytics
  timeline: readonly Moment[]
  before: Analytics | undefined
  /** Which of them the chart below shows. */
  shown: Shown
  /** Where bots are listed. */
  bots: { to: string; search: Record<string, string> }
}

/** The figures of a range. Those that the chart can show choose it. */
export function FigureCards({ now, timeline, before, shown, bots }: Props) {
  const { number, percent } = useFormat()
  const setUrl = useSetUrl()
  const chosen = (figure: Shown) => ({ isShown: shown === figure, show: () => setUrl({ show: figure === 'events' ? undefined : figure }) })
  const perSession = Math.round((10 * now.total_events) / now.sessions) / 10
  const all = now.total_events + now.bots
  const begun = timeline.filter(({ hasBegun }) => hasBegun)
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm" role="group" aria-label={t.label}>
      <Figure label={t.events} value={now.total_events} before={before?.total_events} chart={chosen('events')}>
        <Sparkline values={begun.map(({ events }) => events)} />
      </Figure>
      <Figure label={t.people} value={now.active_users} before={before?.active_users} chart={chosen('people')}>
        <Sparkline values={begun.map(({ people }) => people)} />
      </Figure>
      <Figure label={t.sessions} value={now.sessions} before={before?.sessions}>
        <Text size="xs" c="dimmed">
          {now.sessions === 0 ? t.noSessions : t.perSession(number(perSession))}
        </Text>
      </Figure>
      <Figure label={t.bots} value={now.bots} before={before?.bots}>
        <Text size="xs" c="dimmed" component="div">
          {now.bots === 0 ? (
            t.noBots
          ) : (
            <>
              {t.botShare(percent(now.meta.bots === 'included' ? now.bots / now.total_events : now.bots / all))} · <Link {...bots}>{t.seeBots}</Link>
            </>
          )}
        </Text>
      </Figure>
    </SimpleGrid>
  )
}

interface FigureProps {
  label: string
  value: number
  before: number | undefined
  chart?: { isShown: boolean; show: () => void }
  children: ReactNode
}

function Figure({ label, value, before, chart, children }: FigureProps) {
  const { number } = useFormat()
  return (
    <div className={classes['figure']} data-shown={chart?.isShown}>
      {chart ? (
        <UnstyledButton className={classes['choice']} aria-pressed={chart.isShown} onClick={chart.show} title={t.show(label)}>
          {label}
        </UnstyledButton>
      ) : (
        <span className={classes['label']}>{label}</span>
      )}
      <Group gap="xs" align="baseline">
        <span className={classes['value']}>{number(value)}</span>
        {before !== undefined && (
          <span title={t.before(number(before))}>
            <Change now={value} before={before} />
          </span>
        )}
      </Group>
      <div className={classes['below']}>{children}</div>
    </div>
  )
}
