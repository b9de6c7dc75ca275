import { Stack, Text } from '@mantine/core'
import type { Question } from '@cairn/wire/questions/question'
import { Week } from '../charts/week.tsx'
import { texts } from '../texts/texts.ts'
import type { Measured } from './lines.ts'

interface Props {
  question: Question | undefined
  lines: readonly Measured[]
  /** Hours, with the clock of the zone: 2026-10-01T14:00:00+02:00. */
  columns: readonly string[]
  write: (value: number) => string
}

/** Each line as a week of hours. */
export const ByHour = ({ question, lines, columns, write }: Props) => (
  <Stack gap="md">
    {lines.map((line, i) => (
      <div key={line.key}>
        {lines.length > 1 && (
          <Text size="sm" fw={600} mb={4}>
            {line.label}
          </Text>
        )}
        <Week values={weekOf(line, columns, isMean(question, i, lines.length))} label={line.label} head={texts.sessions.usage.hour} format={write} />
      </div>
    ))}
  </Stack>
)

/** What does not add up over hours: of an hour of the week its mean. */
function isMean(question: Question | undefined, line: number, lines: number): boolean {
  if (question?.kind !== 'trends') return false
  const { math } = question.series[Math.floor(line / Math.max(1, lines / question.series.length))] ?? {}
  return question.formula !== undefined || /^(avg|min|max|median|p\d\d|per_user)/.test(math ?? '')
}

function weekOf({ values }: Measured, columns: readonly string[], asMean: boolean): number[][] {
  const sums = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => ({ sum: 0, count: 0 })))
  for (const [i, column] of columns.entries()) {
    const value = values[i]
    const place = sums[(new Date(`${column.slice(0, 10)}T00:00:00Z`).getUTCDay() + 6) % 7]?.[Number(column.slice(11, 13))]
    if (!place || value === null || value === undefined) continue
    place.sum += value
    place.count++
  }
  return sums.map((hours) => hours.map(({ sum, count }) => (asMean ? sum / Math.max(1, count) : sum)))
}
