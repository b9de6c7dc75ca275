import { Stack, Text } from '@mantine/core'
import type { AnswerTo } from '@cairn/wire/questions/question'
import classes from '../charts/figures.module.css'
import { texts } from '../texts/texts.ts'
import { useFormat } from '../ui/format.ts'
import { TableRegion } from '../ui/table-region.tsx'
import type { ViewProps } from './lined.tsx'

const t = texts.insights.result
/** More rows make a page slow; the file of figures has all of them. */
const MOST_ROWS = 500

/** What a SELECT found. */
export function ResultView({ answer: { columns, rows, truncated } }: ViewProps<AnswerTo<'sql'>>) {
  const { number } = useFormat()
  const isNumber = columns.map(({ type }) => /^(Nullable\()?(U?Int|Float|Decimal)/.test(type))
  const write = (cell: unknown): string =>
    cell === null || cell === undefined ? texts.shell.faces.none : typeof cell === 'string' ? cell : JSON.stringify(cell)
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed" role="status">
        {truncated || rows.length > MOST_ROWS ? t.first(number(Math.min(rows.length, MOST_ROWS))) : t.rows(number(rows.length))}
      </Text>
      <TableRegion label={t.label} minWidth={Math.min(1_600, columns.length * 120)}>
        <table className={classes['figures']} aria-label={t.label}>
          <thead>
            <tr>
              {columns.map(({ name, type }, i) => (
                <th key={name} scope="col" title={type} className={isNumber[i] ? classes['number'] : undefined}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MOST_ROWS).map((row, i) => (
              // Rows of an answer have no names; they stand where they stand.
              // oxlint-disable-next-line react/no-array-index-key
              <tr key={i}>
                {columns.map(({ name }, column) => (
                  <td key={name} className={isNumber[column] ? classes['number'] : undefined}>
                    {write(row[column])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </TableRegion>
    </Stack>
  )
}
