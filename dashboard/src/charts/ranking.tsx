import { UnstyledButton } from '@mantine/core'
import { texts } from '../texts/texts.ts'
import charts from './charts.module.css'
import classes from './figures.module.css'
import { said } from './plot.tsx'

const t = texts.insights.chart

interface Bar {
  key: string
  label: string
  colour: string
  value: number | null
  open: (() => void) | undefined
}

/** Totals, largest first, as a table whose rows are bars; a press opens what is behind one. */
export function Ranking({ bars, format }: { bars: readonly Bar[]; format: (value: number) => string }) {
  const sorted = bars.toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0))
  const most = Math.max(1e-9, ...sorted.map(({ value }) => value ?? 0))
  return (
    <table className={charts['bars']} aria-label={t.lines}>
      <thead>
        <tr>
          <th scope="col">{t.line}</th>
          <th scope="col" className={charts['figure']}>
            {t.total}
          </th>
        </tr>
      </thead>
      <tbody>
        {sorted.map(({ key, label, value, open }) => {
          const inside = (
            <>
              <span className={charts['length']} style={{ width: `${(100 * Math.max(0, value ?? 0)) / most}%` }} />
              <span className={charts['name']}>{label}</span>
            </>
          )
          return (
            <tr key={key}>
              <th scope="row">
                {open ? (
                  <UnstyledButton className={`${charts['bar']} ${classes['wide']}`} title={t.behindHint} onClick={open}>
                    {inside}
                  </UnstyledButton>
                ) : (
                  <span className={charts['bar']}>{inside}</span>
                )}
              </th>
              <td className={charts['figure']}>{said(value, format)}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
