import type { AnswerTo } from '@cairn/wire/questions/question'
import classes from '../charts/figures.module.css'
import { texts } from '../texts/texts.ts'
import { useFormat } from '../ui/format.ts'
import { TableRegion } from '../ui/table-region.tsx'
import type { ViewProps } from './lined.tsx'
import { Pressed } from './pressed.tsx'

const t = texts.insights.retention

/** Cohorts one below the other, periods side by side: the more came back, the darker. It is a table already. */
export function RetentionView({ answer: { cohorts, average, meta }, press }: ViewProps<AnswerTo<'retention'>>) {
  const { number, percent, interval } = useFormat()
  const period = meta.interval === 'week' || meta.interval === 'month' ? meta.interval : 'day'
  const cell = (share: number | null): { 'data-depth'?: number } => (share === null ? {} : { 'data-depth': Math.ceil(share * 5) })
  return (
    <TableRegion label={t.label} minWidth={220 + average.length * 72}>
      <table className={classes['retention']} aria-label={t.label} data-table>
        <thead>
          <tr>
            <th scope="col">{t.cohort}</th>
            <th scope="col">{t.size}</th>
            {average.map((_, i) => (
              // Periods are counted.
              // oxlint-disable-next-line react/no-array-index-key
              <th key={i} scope="col">
                {t.period[period](i)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cohorts.map(({ start, size, values }) => (
            <tr key={start}>
              <th scope="row">{interval(start, period)}</th>
              <td>
                <Pressed open={press && size > 0 ? () => press({ cohort: start }) : undefined} name={t.cohortOf(interval(start, period))}>
                  {number(size)}
                </Pressed>
              </td>
              {values.map((value, i) => {
                const share = value === null || size === 0 ? null : value / size
                return (
                  // oxlint-disable-next-line react/no-array-index-key
                  <td key={i} {...cell(share)} title={value === null ? undefined : t.people(number(value))}>
                    {share !== null && (
                      <Pressed open={press && value ? () => press({ cohort: start, period: i }) : undefined} name={t.returned(interval(start, period), i)}>
                        {percent(share, 0)}
                      </Pressed>
                    )}
                  </td>
                )
              })}
            </tr>
          ))}
          <tr>
            <th scope="row">{t.average}</th>
            <td>{number(cohorts.reduce((sum, { size }) => sum + size, 0))}</td>
            {average.map((share, i) => (
              // oxlint-disable-next-line react/no-array-index-key
              <td key={i} {...cell(share)}>
                {share !== null && percent(share)}
              </td>
            ))}
          </tr>
        </tbody>
      </table>
    </TableRegion>
  )
}
