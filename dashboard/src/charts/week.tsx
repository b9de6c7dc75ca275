import { texts } from '../texts/texts.ts'
import { Behind } from './behind.tsx'
import classes from './charts.module.css'
import { nameOf, tickOf } from './hours.tsx'

const t = texts.overview.week
/** Darker, or in the dark lighter, is more: so many steps are told apart at a glance. */
const STEPS = 5

interface Props {
  /** Monday first, each with its 24 hours. */
  values: readonly (readonly number[])[]
  label: string
  /** Of the column of hours. */
  head: string
  format: (value: number) => string
}

/** A heat map: a figure for each hour of the week, one row a day, with the table behind it. */
export function Week({ values, label, head, format }: Props) {
  const most = Math.max(0, ...values.flat())
  const stepOf = (value: number): number => (value === 0 ? 0 : Math.ceil((STEPS * value) / most))
  return (
    <div>
      <div className={classes['week']} aria-hidden="true">
        {values.map((hours, day) => [
          <span key={t.days[day]} className={classes['weekday']}>
            {t.days[day]?.slice(0, 2)}
          </span>,
          ...hours.map((value, hour) => (
            <span
              key={`${t.days[day]} ${nameOf(hour)}`}
              className={classes['weekhour']}
              data-step={stepOf(value)}
              title={`${t.days[day]}, ${nameOf(hour)}: ${format(value)}`}
            />
          )),
        ])}
        <span />
        {Array.from({ length: 24 }, (_, hour) => (
          <span key={nameOf(hour)} className={classes['clock']}>
            {tickOf(hour)}
          </span>
        ))}
      </div>
      <Behind
        label={label}
        beside={
          <span className={classes['legend']} aria-hidden="true">
            <span>{format(0)}</span>
            {Array.from({ length: STEPS + 1 }, (_, step) => (
              <span key={step} className={classes['weekhour']} data-step={step} />
            ))}
            <span>{format(most)}</span>
          </span>
        }
      >
        <thead>
          <tr>
            <th scope="col">{head}</th>
            {t.days.map((day) => (
              <th key={day} scope="col">
                {day}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: 24 }, (_, hour) => (
            <tr key={nameOf(hour)}>
              <th scope="row">{nameOf(hour)}</th>
              {t.days.map((day, i) => (
                <td key={day}>{format(values[i]?.[hour] ?? 0)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </Behind>
    </div>
  )
}
