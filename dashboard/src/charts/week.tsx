import { Behind } from './behind.tsx'
import classes from './charts.module.css'
import { nameOf } from './hours.tsx'

/** A figure for each hour of the week: one row a day, darker is more. */
export function Week({
  values,
  days,
  label,
  head,
  format,
}: {
  values: readonly (readonly number[])[]
  days: readonly string[]
  label: string
  head: string
  format: (value: number) => string
}) {
  const most = Math.max(1, ...values.flat())
  return (
    <div>
      <div className={classes['week']} aria-hidden="true">
        {values.map((hours, day) => [
          <span key={days[day]} className={classes['weekday']}>
            {days[day]?.slice(0, 2)}
          </span>,
          ...hours.map((value, hour) => (
            <span
              key={`${days[day]} ${nameOf(hour)}`}
              className={classes['weekhour']}
              title={`${days[day]}, ${nameOf(hour)}: ${format(value)}`}
              style={{ opacity: value === 0 ? 0.08 : 0.2 + (0.8 * value) / most }}
            />
          )),
        ])}
      </div>
      <Behind label={label}>
        <thead>
          <tr>
            <th scope="col">{head}</th>
            {days.map((day) => (
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
              {days.map((day, i) => (
                <td key={day}>{format(values[i]?.[hour] ?? 0)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </Behind>
    </div>
  )
}
