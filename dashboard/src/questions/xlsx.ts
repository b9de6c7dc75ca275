import writeXlsxFile, { type SheetData } from 'write-excel-file/browser'
import { rowsOf, type Cell } from './rows.ts'
import type { Answer } from './use-answer.ts'

/** As much as a cell of a spreadsheet holds. */
const MOST_LETTERS = 32_767

/** A workbook of one sheet, whose first row stays in sight: numbers are numbers, and a text is never a formula. */
export async function xlsxOf(answer: Answer): Promise<Blob> {
  const [head = [], ...rows] = rowsOf(answer)
  const data: SheetData = [head.map((name) => ({ value: String(name ?? ''), fontWeight: 'bold' as const })), ...rows.map((row) => row.map(cellOf))]
  return await writeXlsxFile(data, { stickyRowsCount: 1, sheet: answer.kind }).toBlob()
}

const cellOf = (value: Cell): SheetData[number][number] => {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return { type: String, value: value.slice(0, MOST_LETTERS) }
  // What is no finite number has no place in a cell.
  return typeof value === 'number' && !Number.isFinite(value) ? { type: String, value: String(value) } : { value }
}
