import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isUuid, uuidv8 } from '../base/ids.ts'
import { CairnError } from '../base/errors.ts'
import type { CatalogTransaction } from '../catalog/schema.ts'

/**
 * What a decision in the catalog leaves behind for the journal, finished: written in the transaction that decides, relayed after it. All effects
 * of a decision are there once its transaction is; the rest follows from this row, after a crash too.
 */
export type OutboxItem = OutboxEvent | OutboxRecord

/** An event as the API takes it; its steps, switches and receipts are those of any other. `event_id` is the row's. */
export interface OutboxEvent {
  kind: 'event'
  event: Record<string, unknown>
  keyId: string
  userAgent: string
}

/** A line of the journal; see plainPayload in ingest/record.ts. Whatever reads such lines takes a repetition for nothing new. */
export interface OutboxRecord {
  kind: 'record'
  line: string
}

export interface OutboxRow {
  /** UUID, which the event has too. */
  id: string
  workspaceId: number
  node: string
  item: OutboxItem
  now: number
}

export const enqueue = async (trx: CatalogTransaction, { id, workspaceId, node, item, now }: OutboxRow): Promise<void> => {
  await trx
    .insertInto('outbox')
    .values({ id, workspace_id: workspaceId, node, item: JSON.stringify(item), created_at: now })
    .execute()
}

/** The id by which a repetition of a request is known: `event_id` of the body, or the header Idempotency-Key; undefined where it has none. */
export function requestId(workspaceId: number, body: object, headers: IncomingHttpHeaders): string | undefined {
  const id: unknown = 'event_id' in body ? body.event_id : headers['idempotency-key']
  if (typeof id !== 'string' || id === '') return undefined
  if (id.length > 255) throw new CairnError('malformed', 'Idempotency-Key has at most 255 characters.')
  return isUuid(id) ? id.toLowerCase() : uuidv8('idempotency', workspaceId, id)
}

/** What a request asks, so that the id of one is not taken for another's; when it was sent is of no account. A digest: it names nobody. */
export function requestAsked({ method, url }: { method: string; url: string }, body: object): string {
  const said = Object.entries(body)
    .filter(([name]) => name !== 'sent_at')
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([method, url, said]))
    .digest('base64url')
}

export const otherRequest = (): CairnError => new CairnError('conflict', 'This event_id or Idempotency-Key was used for another request.')

interface Keyed {
  workspaceId: number
  /** See `requestId`. */
  id: string | undefined
  /** See `requestAsked`. */
  request: string
  now: number
}

/**
 * Decides once for each id: a repetition gets the first answer and changes nothing. Answers are kept for a day at the least.
 * Throws `conflict` where the id was another request's.
 */
export async function once<T extends object>(trx: CatalogTransaction, { workspaceId, id, request, now }: Keyed, decide: () => Promise<T>): Promise<T> {
  if (id === undefined) return decide()
  const row = { workspace_id: workspaceId, idempotency_key: id }
  // Taken first, so that of two at the same time the second waits for what the first decides.
  const taken = await trx
    .insertInto('answers')
    .values({ ...row, request, answer: '', created_at: now })
    .onConflict((known) => known.doNothing())
    .returning('request')
    .executeTakeFirst()
  if (!taken) {
    const known = await trx
      .selectFrom('answers')
      .select(['request', 'answer'])
      .where((answer) => answer.and(row))
      .executeTakeFirstOrThrow()
    if (known.request !== request) throw otherRequest()
    return JSON.parse(known.answer) as T
  }
  const answer = await decide()
  await trx
    .updateTable('answers')
    .set({ answer: JSON.stringify(answer) })
    .where((known) => known.and(row))
    .execute()
  return answer
}
