import { Anchor, Badge, Group, Text, Title } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { Link } from '@tanstack/react-router'
import { useWorkspace } from '../../account.tsx'
import { texts } from '../../texts/texts.ts'
import { useFormat } from '../../ui/format.ts'
import classes from './projects.module.css'

const t = texts.tasks.projects
type ProjectAnswer = AnswerOf<'listAgainstBaseline'>['projects'][number]
type FigureAnswer = ProjectAnswer['figures'][number]

/** What a project has, what is usual, and how that is known. */
export function Project({ project_id, title, status, project_type, client_id, figures }: ProjectAnswer) {
  const { slug } = useWorkspace()
  return (
    <li className={classes['project']}>
      <div>
        <Title order={2} size="h3" style={{ overflowWrap: 'anywhere' }}>
          {title ?? project_id}
        </Title>
        <Group gap={6} mt={4}>
          {status && (
            <Badge size="sm" variant="outline" color="gray">
              {status}
            </Badge>
          )}
          <Text size="xs" c="dimmed">
            {[title && project_id, project_type, client_id].filter(Boolean).join(' · ')}
          </Text>
        </Group>
        <Anchor size="sm" renderRoot={(props) => <Link {...props} to={`/w/${slug}/tasks`} search={{ project: project_id }} />}>
          {t.tasks}
        </Anchor>
      </div>
      <dl className={classes['figures']}>
        {figures.map((figure) => (
          <Figure key={figure.metric_name} figure={figure} type={project_type} client={client_id} />
        ))}
      </dl>
    </li>
  )
}

/** "of type campaign, for Nordlicht" */
const wordsOf = (type: string | null, client: string | null): string =>
  [type && t.ofType(type), client && t.ofClient(client)].filter(Boolean).join(', ') || t.ofAll

function Figure({ figure, type, client }: { figure: FigureAnswer; type: string | null; client: string | null }) {
  const { number } = useFormat()
  const { metric_name, value, expected, group, fallback, outside } = figure
  const isDays = metric_name === 'avg_duration_days'
  const write = (n: number): string => number(isDays ? Math.round(n) : Math.round(n * 100) / 100)
  const withUnit = (n: number): string => (isDays ? t.days(write(n)) : write(n))
  return (
    <div>
      <dt>{t.metrics[metric_name] ?? metric_name}</dt>
      <dd>
        <span className={classes['value']}>{value === null ? t.unknown : withUnit(value)}</span>
        {outside && (
          <span className={classes['outside']} data-outside={outside}>
            {outside !== 'no' && <span aria-hidden="true">{outside === 'above' ? '▲ ' : '▼ '}</span>}
            {t.outside[outside]}
          </span>
        )}
        {expected && value !== null && <Strip value={value} {...expected} />}
        <Text size="xs" c="dimmed">
          {expected && group
            ? `${t.usual(write(expected.low), withUnit(expected.high))} ${t.samples(number(expected.sample_size), wordsOf(group.project_type, group.client_id))}`
            : t.noUsual}{' '}
          {/* What was left out to find enough of them. */}
          {fallback && t.fallback(wordsOf(group?.project_type === type ? null : type, group?.client_id === client ? null : client))}
        </Text>
      </dd>
    </div>
  )
}

/** Where the figure lies: the band is what is usual. The words beside it say the same. */
function Strip({ value, low, high }: { value: number; low: number; high: number }) {
  const end = Math.max(value, high * 1.5, 1)
  const at = (n: number): string => `${(100 * n) / end}%`
  return (
    <div className={classes['strip']} aria-hidden="true">
      <span className={classes['band']} style={{ left: at(low), width: `max(3px, ${(100 * (high - low)) / end}%)` }} />
      <span className={classes['mark']} style={{ left: at(value) }} />
    </div>
  )
}
