import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { texts } from '../texts/texts.ts'
import { useFormat } from '../ui/format.ts'
import classes from './charts.module.css'

const t = texts.overview.bars

interface Target {
  to: string
  search: Record<string, string | undefined>
}

export interface Bar {
  name: string
  value: number
  link: Target
}

export interface BarsProps {
  /** Largest first. */
  bars: readonly Bar[]
  /** Heads of the columns, as `Event type` and `Events`. */
  name: string
  value: string
  format: (value: number) => string
  /** What the values are parts of: adds a column of shares, and one bar for all that have none of their own. */
  whole?: number
  /** Where all of them are listed. */
  rest?: Target
  most?: number
}

/** Values by name, largest first, as a table whose rows are bars; each leads to what it counts. */
export function Bars({ bars, name, value, format, whole, rest, most = 8 }: BarsProps) {
  const { percent } = useFormat()
  const shown = bars.length <= most + 1 ? bars : bars.slice(0, most)
  const others = bars.slice(shown.length)
  const longest = Math.max(1, ...shown.map(({ value }) => value))
  const sum = others.reduce((all, { value }) => all + value, 0)
  const share = (part: number): string => percent(whole ? part / whole : 0)
  return (
    <table className={classes['bars']} aria-label={t.label(name, value)} data-wide={whole === undefined || undefined}>
      <thead>
        <tr>
          <th scope="col">{name}</th>
          <th scope="col" className={classes['figure']}>
            {value}
          </th>
          {whole !== undefined && (
            <th scope="col" className={classes['share']}>
              {t.share}
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {shown.map((bar) => (
          <tr key={bar.name}>
            <RowHead>
              <Link to={bar.link.to} search={bar.link.search} className={classes['bar']} title={bar.name}>
                <span className={classes['length']} style={{ width: `${(100 * bar.value) / longest}%` }} />
                <span className={classes['name']}>{bar.name === '' ? texts.shell.faces.none : bar.name}</span>
              </Link>
            </RowHead>
            <td className={classes['figure']}>{format(bar.value)}</td>
            {whole !== undefined && <td className={classes['share']}>{share(bar.value)}</td>}
          </tr>
        ))}
        {others.length > 0 && (
          <tr>
            <RowHead>
              {rest ? (
                <Link to={rest.to} search={rest.search} className={classes['bar']}>
                  <span className={classes['name']}>{t.others(others.length)}</span>
                </Link>
              ) : (
                <span className={classes['bar']}>
                  <span className={classes['name']}>{t.others(others.length)}</span>
                </span>
              )}
            </RowHead>
            <td className={classes['figure']}>{whole === undefined ? '' : format(sum)}</td>
            {whole !== undefined && <td className={classes['share']}>{share(sum)}</td>}
          </tr>
        )}
      </tbody>
    </table>
  )
}

const RowHead = ({ children }: { children: ReactNode }) => <th scope="row">{children}</th>
