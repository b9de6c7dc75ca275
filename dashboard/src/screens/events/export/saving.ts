import { addressOf, ApiError } from '../../../api/client.ts'
import type { QueryOf } from '@cairn/wire/api'

export type ExportFormat = 'csv' | 'jsonl'
export interface Progress {
  rows: number
  bytes: number
}

/** Pieces of this size are handed to the browser, which keeps them on disk: an export may be larger than the page's memory. */
const PIECE_BYTES = 8 * 1024 * 1024
const QUOTE = 34
const NEWLINE = 10

/** Reads an export as it comes; told of its progress with each chunk. Throws where it breaks off: half an export is none. */
export async function readExport(
  { workspace, query, format, signal }: { workspace: string; query: QueryOf<'exportEvents'>; format: ExportFormat; signal: AbortSignal },
  tell: (progress: Progress) => void,
): Promise<{ blob: Blob; name: string } & Progress> {
  const response = await fetch(addressOf('exportEvents', { query: { ...query, format } }), { headers: { 'X-Cairn-Workspace': workspace }, signal })
  if (!response.ok || !response.body) throw new ApiError(response.status, (await response.json().catch(() => ({}))) as object)
  const type = format === 'csv' ? 'text/csv' : 'application/x-ndjson'
  let pieces: Uint8Array<ArrayBuffer>[] = []
  let pieceBytes = 0
  let whole = new Blob([], { type })
  let isQuoted = false
  let lines = 0
  let bytes = 0
  const progress = (): Progress => ({ rows: Math.max(0, lines - (format === 'csv' ? 1 : 0)), bytes })
  const reader = response.body.getReader()
  for (;;) {
    const { value, done } = await reader.read()
    if (done) break
    for (const byte of value) {
      // A line break within a quoted field of CSV ends no row.
      if (byte === QUOTE && format === 'csv') isQuoted = !isQuoted
      else if (byte === NEWLINE && !isQuoted) lines++
    }
    pieces.push(value)
    bytes += value.byteLength
    pieceBytes += value.byteLength
    if (pieceBytes >= PIECE_BYTES) {
      whole = new Blob([whole, ...pieces], { type })
      pieces = []
      pieceBytes = 0
    }
    tell(progress())
  }
  const name = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? `events.${format}`
  return { blob: new Blob([whole, ...pieces], { type }), name, ...progress() }
}
