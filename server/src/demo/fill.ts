import { MAX_BATCH_ENDS } from '@cairn/wire/tracker'
import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises'
import { SECOND } from '../base/time.ts'
import { dayOf, DEMO_SEED, month, type Batch, type MonthDay } from './month.ts'
import { declared } from './taxonomy.ts'

/**
 * Fills a workspace with the demo's month through the real way in: what people, trackers and servers would have called, in the order of
 * the days. Everything carries its id, so that filling twice stores nothing twice while repetitions are recognised (25 hours).
 */
export interface FillOptions {
  /** Sends events, tells of people and opts out. */
  writeKey: string
  /** Declares types, and switches the workspace to strict and back for one batch. */
  secretKey: string
  timezone: string
  /** Nothing happens from here on. */
  untilMs: number
  /** Last day, YYYY-MM-DD; the day of `untilMs` where absent. */
  endDay?: string
  seed?: number
  signal?: AbortSignal
  onProgress?: (done: number, total: number) => void
}

export interface Request {
  method: 'POST' | 'PUT' | 'PATCH'
  path: string
  headers: Record<string, string>
  body: string
}
export type Send = (request: Request) => Promise<{ status: number; text: string; retryAfterSeconds: number }>

/** What the answers said. */
export interface Filled {
  sent: number
  accepted: number
  rejected: Record<string, number>
  notRecorded: Record<string, number>
}

/** Keeps the journal's disk busy; more only wait for each other. */
const IN_FLIGHT = 4
/** A server that is overloaded or behind is waited for. */
const PATIENCE_MS = 60 * SECOND

/** Answers what became of everything. Throws where a call is refused, and the signal's reason once it is aborted. */
export async function fill(
  send: Send,
  { writeKey, secretKey, timezone, untilMs, seed = DEMO_SEED, signal, onProgress = () => undefined, ...o }: FillOptions,
): Promise<Filled> {
  const options = { seed, endDay: o.endDay ?? dayOf(untilMs, timezone), timezone, untilMs }
  const total = await count(options)
  const filled: Filled = { sent: 0, accepted: 0, rejected: {}, notRecorded: {} }
  const call = async (method: Request['method'], path: string, key: string, body: object, headers: Record<string, string> = {}): Promise<string> => {
    signal?.throwIfAborted()
    return await persist(
      send,
      { method, path, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) },
      signal,
    )
  }
  const post = async ({ sender, sentAt, sendings }: Batch): Promise<void> => {
    const headers = {
      'user-agent': sender.userAgent,
      ...(sender.tracker === '' ? {} : { 'x-cairn-tracker': sender.tracker }),
      ...(sender.gpc ? { 'sec-gpc': '1' } : {}),
    }
    const text = await call(
      'POST',
      '/api/events/log/batch',
      writeKey,
      { sent_at: sentAt, historical: true, events: sendings.map(({ event }) => event) },
      headers,
    )
    tally(filled, sendings.length, JSON.parse(text) as Answer)
    onProgress(filled.sent, total)
  }

  const reject = async ({ event, sender }: MonthDay['rejections'][number]): Promise<void> => {
    const { event_id, user_id, entity_id, timestamp, event_metadata } = event
    await call(
      'POST',
      `/api/tasks/${entity_id}/reject`,
      secretKey,
      { event_id, user_id, occurred_at: timestamp, ...event_metadata },
      { 'user-agent': sender.userAgent },
    )
    tally(filled, 1, { accepted: 1, rejected: [] })
    onProgress(filled.sent, total)
  }

  onProgress(0, total)
  for (const [eventType, owner, description, required_properties = []] of declared)
    await call('PUT', `/api/events/types/${eventType}`, secretKey, { owner, description, required_properties })
  for (const day of month(options)) {
    for (const entities of chunks(day.entities, 500)) await call('POST', '/api/entities/batch', secretKey, { entities })
    for (const person of day.optOuts) await call('POST', '/api/people/opt-out', writeKey, person)
    await inFlight(day.facts, (fact) => call('POST', '/api/people/identify', writeKey, fact))
    await inFlight(day.batches, post)
    for (const rejection of day.rejections) await reject(rejection)
    await inFlight(chunks(day.ended, MAX_BATCH_ENDS), (ended) => call('POST', '/api/events/log/batch', writeKey, { events: [], ended }))
    if (day.strict.length > 0) {
      await call('PATCH', '/api/workspace', secretKey, { taxonomy_mode: 'strict' })
      await inFlight(day.strict, post)
      await call('PATCH', '/api/workspace', secretKey, { taxonomy_mode: 'open' })
    }
  }
  // Not every month has a first day on which the job would come by itself.
  await call('POST', '/api/jobs/projects:calculate-baselines/run?wait=true', secretKey, {})
  return filled
}

/** The same by address, for scripts that fill any workspace. */
export const fillWithDemo = ({ url, ...options }: Omit<FillOptions, 'untilMs'> & { url: string; untilMs?: number }): Promise<Filled> =>
  fill(
    async ({ method, path, headers, body }) => {
      const response = await fetch(new URL(path, url), { method, headers, body })
      return { status: response.status, text: await response.text(), retryAfterSeconds: Number(response.headers.get('retry-after') ?? 0) }
    },
    { untilMs: Date.now(), ...options },
  )

/** Made once only to be counted: to keep it for sending would take a hundred megabytes. */
async function count(options: Parameters<typeof month>[0]): Promise<number> {
  let events = 0
  for (const day of month(options)) {
    events += eventsOf(day)
    await breathe()
  }
  return events
}

const eventsOf = ({ batches, strict, rejections }: MonthDay): number =>
  [...batches, ...strict].reduce((sum, { sendings }) => sum + sendings.length, rejections.length)

const chunks = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))

interface Answer {
  accepted: number
  rejected: Array<{ code: string }>
  not_recorded?: Array<{ reason: string }>
}

function tally(filled: Filled, sent: number, { accepted, rejected, not_recorded = [] }: Answer): void {
  filled.sent += sent
  filled.accepted += accepted
  for (const { code } of rejected) filled.rejected[code] = (filled.rejected[code] ?? 0) + 1
  for (const { reason } of not_recorded) filled.notRecorded[reason] = (filled.notRecorded[reason] ?? 0) + 1
}

/** In order, some at a time, with a turn of the event loop between any two; ends with the first failure. */
async function inFlight<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const rest = items.values()
  const lane = async (): Promise<void> => {
    for (const item of rest) {
      await breathe()
      await work(item)
    }
  }
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, items.length) }, lane))
}

async function persist(send: Send, request: Request, signal: AbortSignal | undefined): Promise<string> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    const { status, text, retryAfterSeconds } = await send(request)
    // 422: a batch of which every event was refused, as some are meant to be.
    if (status === 200 || (status === 422 && text.includes('"rejected"'))) return text
    if ((status !== 503 && status !== 429) || performance.now() > end)
      throw new Error(`${request.method} ${request.path} answered ${status}: ${text.slice(0, 200)}`)
    await sleep(Math.max(1, retryAfterSeconds) * SECOND, undefined, signal ? { signal } : {})
  }
}
