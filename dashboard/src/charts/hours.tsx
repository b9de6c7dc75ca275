import { locale } from '../texts/language.ts'
import { texts } from '../texts/texts.ts'
import { Behind } from './behind.tsx'
import classes from './charts.module.css'

const t = texts.overview.hours

/** 24 figures, one for each hour on the clock of a zone. */
export function Hours({ values, label, format }: { values: readonly number[]; label: string; format: (value: number) => string }) {
  const most = Math.max(1, ...values)
  return (
    <div>
      <div className={classes['hours']} aria-hidden="true">
        {values.map((value, hour) => (
          <div key={nameOf(hour)} className={classes['hour']} title={`${nameOf(hour)}: ${format(value)}`}>
            <span className={classes['column']} data-most={value === most || undefined} style={{ height: `calc((100% - 22px) * ${value / most})` }} />
            <span className={classes['clock']}>{tickOf(hour)}</span>
          </div>
        ))}
      </div>
      <Behind label={t.label}>
        <thead>
          <tr>
            <th scope="col">{t.hour}</th>
            <th scope="col">{label}</th>
          </tr>
        </thead>
        <tbody>
          {values.map((value, hour) => (
            <tr key={nameOf(hour)}>
              <th scope="row">{nameOf(hour)}</th>
              <td>{format(value)}</td>
            </tr>
          ))}
        </tbody>
      </Behind>
    </div>
  )
}

/** 9–10 AM, 09–10 Uhr: of an hour on no day in particular. A range over midnight would be written with its days. */
export const nameOf = (hour: number): string =>
  hour === 23 ? `${clock().format(startOf(23))} – ${clock().format(startOf(24))}` : clock().formatRange(startOf(hour), startOf(hour + 1))
/** What stands under an hour: every sixth is written. */
export const tickOf = (hour: number): string => (hour % 6 === 0 ? clock().format(startOf(hour)) : '')
const clock = (): Intl.DateTimeFormat => new Intl.DateTimeFormat(locale, { hour: 'numeric', timeZone: 'UTC' })
const startOf = (hour: number): number => Date.UTC(2001, 0, 1, hour)
