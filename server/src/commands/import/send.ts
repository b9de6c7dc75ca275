import { MAX_BODY_BYTES } from '@cairn/wire/event'
import { ApiError, type Api } from '../reach/api.ts'
import type { Event, MapRow } from './mapping.ts'
import type { Row } from './rows.ts'

/**
 * Sends rows as batches, several at a time. `acknowledged` is told how far everything up to a row is safely with the server: batches may be
 * answered in any order, the mark moves only over a whole run of answered ones, so a kill never leaves a hole behind it.
 * A batch that is sent again, by a retry or after a kill, adds nothing: its events carry their ids.
 */
export interface SendOptions {
  api: Api
  mapRow: MapRow
  /** Rows up to here are with the server already. */
  after: number
  batchRows: number
  acknowledged: (row: number) => void
  /** No more batches are sent; those on their way are waited for. */
  signal?: AbortSignal | undefined
}

export interface Sent {
  rows: number
  accepted: number
  rejected: number
  firstRejected: RejectedRow[]
  /** By reason: rows of people who opted out, or of a stream that is off. */
  notRecorded: Record<string, number>
}

export interface RejectedRow {
  row: number
  line: number
  code: string
  message: string
}

interface Batch {
  rows: Array<{ row: number; line: number }>
  events: string[]
  bytes: number
}
interface Answer {
  accepted: number
  rejected: Array<{ index: number; code: string; message: string }>
  not_recorded?: Array<{ index: number; reason: string }>
}

/** Keeps the server's disk and the store's check busy at once; more only wait for each other. */
const IN_FLIGHT = 4
/** Room for the frame around the events. */
const BATCH_BYTES = MAX_BODY_BYTES - 1_024
/** An overloaded server, or one that is being restarted, is waited for. */
const PATIENCE_MS = 10 * 60_000
const SHOWN = 5

export async function sendRows(rows: AsyncIterable<Row>, options: SendOptions): Promise<Sent> {
  const { mapRow, after, batchRows, signal } = options
  const sent: Sent = { rows: 0, accepted: 0, rejected: 0, firstRejected: [], notRecorded: {} }
  const mark = contiguous(options.acknowledged)
  const flying = new Set<Promise<void>>()
  const failure: { error?: unknown } = {}
  const send = async (batch: Batch): Promise<void> => {
    const last = batch.rows.at(-1)
    if (!last) return
    const finished = mark.begin(last.row)
    const fly = async (): Promise<void> => {
      try {
        await post(options, batch, sent)
        finished()
      } catch (error) {
        failure.error ??= error
      }
    }
    const flight: Promise<void> = fly().finally(() => flying.delete(flight))
    flying.add(flight)
    if (flying.size >= IN_FLIGHT) await Promise.race(flying)
  }

  let batch: Batch = { rows: [], events: [], bytes: 0 }
  for await (const row of rows) {
    if (failure.error !== undefined || signal?.aborted === true) break
    if (row.number <= after) continue
    const event = JSON.stringify(row.problem === undefined ? mapRow(row.number, row.fields).event : unreadable(row))
    const bytes = Buffer.byteLength(event) + 1
    if (batch.rows.length >= batchRows || batch.bytes + bytes > BATCH_BYTES) {
      await send(batch)
      batch = { rows: [], events: [], bytes: 0 }
    }
    batch.rows.push({ row: row.number, line: row.line })
    batch.events.push(event)
    batch.bytes += bytes
  }
  if (failure.error === undefined && signal?.aborted !== true) await send(batch)
  await Promise.all(flying)
  if (failure.error !== undefined) throw failure.error
  return sent
}

/** A row that is no event goes to quarantine with what it said: it has no type, so the way in refuses it. */
const unreadable = ({ number, line, fields, problem }: Row): Event => ({ event_metadata: { unreadable: problem, row: number, line, ...fields } })

async function post(options: SendOptions, batch: Batch, sent: Sent): Promise<void> {
  try {
    const answer = await options.api.send<Answer>('POST', '/api/events/log/batch', {
      body: `{"historical":true,"events":[${batch.events.join(',')}]}`,
      headers: { 'x-cairn-source': 'import' },
      patienceMs: PATIENCE_MS,
    })
    sent.rows += batch.rows.length
    sent.accepted += answer.accepted
    for (const { index, code, message } of answer.rejected) reject(sent, batch.rows[index], code, message)
    for (const { reason } of answer.not_recorded ?? []) sent.notRecorded[reason] = (sent.notRecorded[reason] ?? 0) + 1
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 413) throw error
    if (batch.rows.length === 1) {
      sent.rows++
      reject(sent, batch.rows[0], 'too_large', 'The event is over 1 MB; it is not kept in quarantine either.')
      return
    }
    const half = Math.ceil(batch.rows.length / 2)
    await post(options, { rows: batch.rows.slice(0, half), events: batch.events.slice(0, half), bytes: 0 }, sent)
    await post(options, { rows: batch.rows.slice(half), events: batch.events.slice(half), bytes: 0 }, sent)
  }
}

function reject(sent: Sent, row: Batch['rows'][number] | undefined, code: string, message: string): void {
  sent.rejected++
  if (!row) return
  sent.firstRejected.push({ ...row, code, message })
  sent.firstRejected.sort((a, b) => a.row - b.row).splice(SHOWN)
}

/** Tells the last row of the longest run of finished batches, counted from the first. */
function contiguous(acknowledged: (row: number) => void): { begin(lastRow: number): () => void } {
  const begun: Array<{ lastRow: number; done: boolean }> = []
  return {
    begin: (lastRow) => {
      const entry = { lastRow, done: false }
      begun.push(entry)
      return () => {
        entry.done = true
        let reached: number | undefined
        while (begun[0]?.done === true) reached = begun.shift()?.lastRow
        if (reached !== undefined) acknowledged(reached)
      }
    },
  }
}
