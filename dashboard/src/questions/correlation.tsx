import { Stack, Text } from '@mantine/core'
import type { AnswerTo } from '@cairn/wire/questions/question'
import classes from '../charts/figures.module.css'
import { texts } from '../texts/texts.ts'
import { useFormat } from '../ui/format.ts'
import { TableRegion } from '../ui/table-region.tsx'
import type { ViewProps } from './lined.tsx'
import { fieldName } from './names.ts'

const t = texts.insights.correlation
/** What the drawn part of the odds reaches to, left and right of even. */
const REACH = 16

/** What goes with converting: how much likelier, with the span that it lies in; even odds are the line in the middle. */
export function CorrelationView({ answer: { people, converted, properties } }: ViewProps<AnswerTo<'correlation'>>) {
  const { number, percent } = useFormat()
  const write = (odds: number | null): string => (odds === null ? texts.shell.faces.none : number(Math.round(odds * 100) / 100))
  return (
    <Stack gap="xs">
      <Text size="sm">{t.summary(number(people), number(converted), percent(people === 0 ? 0 : converted / people))}</Text>
      <TableRegion label={t.label} minWidth={720}>
        <table className={classes['figures']} aria-label={t.label}>
          <thead>
            <tr>
              <th scope="col">{t.property}</th>
              <th scope="col" className={classes['number']}>
                {t.converted}
              </th>
              <th scope="col" className={classes['number']}>
                {t.notConverted}
              </th>
              <th scope="col" className={classes['number']}>
                {t.odds}
              </th>
              <th scope="col" className={classes['number']}>
                {t.interval}
              </th>
              <th scope="col">{t.drawn}</th>
            </tr>
          </thead>
          <tbody>
            {properties.map(({ field, value, converted: a, not_converted: b, odds_ratio: odds, low, high }) => (
              <tr key={`${field} ${value}`}>
                <th scope="row">
                  {fieldName(field)}: {value}
                </th>
                <td className={classes['number']}>{number(a)}</td>
                <td className={classes['number']}>{number(b)}</td>
                <td className={classes['number']}>{write(odds)}</td>
                <td className={classes['number']}>
                  {write(low)} – {write(high)}
                </td>
                <td>{odds !== null && low !== null && high !== null && <Odds odds={odds} low={low} high={high} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableRegion>
    </Stack>
  )
}

const WIDTH = 160
const xOf = (odds: number): number => {
  const share = Math.log(Math.min(REACH, Math.max(1 / REACH, odds))) / Math.log(REACH)
  return WIDTH / 2 + (share * (WIDTH - 12)) / 2
}

function Odds({ odds, low, high }: { odds: number; low: number; high: number }) {
  // A span that holds even odds says nothing.
  const says = low > 1 || high < 1
  return (
    <svg width={WIDTH} height={16} aria-hidden="true" className={classes['odds']} data-says={says || undefined}>
      <line x1={WIDTH / 2} x2={WIDTH / 2} y1={0} y2={16} className={classes['cursor']} />
      <line x1={xOf(low)} x2={xOf(high)} y1={8} y2={8} stroke="currentColor" strokeWidth={2} />
      <circle cx={xOf(odds)} cy={8} r={4} fill="currentColor" />
    </svg>
  )
}
