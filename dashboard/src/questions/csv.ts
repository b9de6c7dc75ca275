import { rowsOf, type Cell } from './rows.ts'
import type { Answer } from './use-answer.ts'

/** As RFC 4180 has it. A cell that a spreadsheet would take for a formula is a text. */
export function csvOf(answer: Answer): Blob {
  const cell = (value: Cell): string => {
    if (typeof value !== 'string') return value === null || value === undefined ? '' : String(value)
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  return new Blob(
    [
      rowsOf(answer)
        .map((row) => `${row.map(cell).join(',')}\r\n`)
        .join(''),
    ],
    { type: 'text/csv' },
  )
}
