import type { AnswerOf } from '@cairn/wire/api'
import { Badge, Text } from '@mantine/core'
import { texts } from '../../texts/texts.ts'
import { useFormat } from '../../ui/format.ts'

const t = texts.operations.jobs
export type Run = AnswerOf<'listJobRuns'>['runs'][number]

const colours: Record<Run['state'], string> = { running: 'blue', done: 'moss', failed: 'red', cut_off: 'yellow' }

export const RunState = ({ of: { state } }: { of: Run }) => (
  <Badge variant="light" tt="none" color={colours[state]} c="var(--mantine-color-text)">
    {t.states[state]}
  </Badge>
)

/** What it came to, or why it did not; and how long it took. */
export function RunResult({ of: { result, message, duration_seconds } }: { of: Run }) {
  const format = useFormat()
  const figures = Object.entries(result ?? {}).map(([name, value]) => `${name.replaceAll('_', ' ')} ${shown(value, format.number, format.time)}`)
  return (
    <>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {message ?? figures.join(' · ')}
      </Text>
      {duration_seconds !== null && (
        <Text size="xs" c="dimmed">
          {t.took(format.duration(duration_seconds * 1_000))}
        </Text>
      )}
    </>
  )
}

const MOMENT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/
const shown = (value: unknown, number: (n: number) => string, time: (iso: string) => string): string => {
  if (typeof value === 'number') return number(value)
  if (typeof value === 'string') return MOMENT.test(value) ? time(value) : value
  return value === null ? '–' : JSON.stringify(value)
}
