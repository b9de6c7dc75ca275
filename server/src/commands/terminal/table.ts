/** Rows under a head, each column as wide as its widest cell; the last one is not padded. */
export function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const all = [head, ...rows]
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)))
  const line = (row: readonly string[]): string => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  ')
  return `${all.map(line).join('\n')}\n`
}

export const say = (text: string): void => void process.stdout.write(`${text}\n`)
export const sayJson = (value: unknown): void => say(JSON.stringify(value, null, 2))
/** Beside the answer: what a script that reads stdout is not to see. */
export const note = (text: string): void => void process.stderr.write(`${text}\n`)
