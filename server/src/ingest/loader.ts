import { mkdirSync, rmSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CairnError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { iso } from '../base/time.ts'
import type { Dialect } from '../store/dialect.ts'
import { StoreError } from '../store/failure.ts'
import { personKeyColumn, sessionKeyColumn } from '../store/keys.ts'
import { raw, sql, uuids } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { Cuts } from './cuts.ts'
import { factsOf, type Named } from './fact.ts'
import type { SealedSegment } from './journal.ts'
import { encodeRecord, FLAG_BOT, FLAG_INTERNAL, FLAG_NEW_TYPE, kinds, lineStructure, plainPayload } from './record.ts'
import { hourOf, packReceipt, readSegment, type SegmentContent } from './segment.ts'

/**
 * Loads sealed segments into the event store, in order, each exactly once.
 *
 * A segment is verified (every checksum), then inserted under a deduplication token that is its number: a load that was cut off anywhere
 * is simply done again from the start, and the engine drops the blocks that it has. That holds only while the blocks are cut alike, which
 * the store's settings for loads see to. Events are read by the engine straight from the segment; the few other records, and the receipts,
 * go through a small file beside it. Of a damaged segment the whole records are copied and loaded under the same token.
 *
 * While the store is away the loader waits and tries again; the journal goes on taking events. A segment that the store refuses for its
 * content, or that takes more memory than a load may have, is halved until it passes, or until the record that is at fault stands alone;
 * that one is counted as damaged, its neighbours are loaded.
 */
export interface LoaderDeps {
  store: Store
  dir: string
  log: Log
  /** Names this journal in tokens, so that two nodes on one cluster do not take each other's segments for repeats. */
  node: string
  /** What follows from the rows of a segment, in order, before the segment counts as passed. Safe to repeat: a crash repeats it. */
  afterLoad: readonly AfterLoad[]
}

export type AfterLoad = (loaded: Loaded, signal: AbortSignal) => Promise<void>

export interface Loaded {
  /** Names the segment, over all nodes. */
  token: string
  events: number
  /** Kinds of records that are in it besides events. */
  kinds: ReadonlySet<string>
  /** What was told about people. */
  facts: readonly Named[]
  /** Inserts once out of the segment's events; lines that the store cannot read are left out. */
  insertFromEvents: (table: string, statement: (table: string, source: string) => string) => Promise<void>
}

/** A segment on its way into the store. */
interface Job {
  token: string
  bytes: Buffer
  content: SegmentContent
  cuts: Cuts
  signal: AbortSignal
}
type Lines = ReadonlyArray<[number, number]>
/** Name of the piece that is all of the segment. */
const WHOLE = 'all'
/** Columns of a line; see record.ts. */
const EVENT_ID = 7
const EVENT_MS = 12

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000
const structure = lineStructure.join(', ')
const lineSettings = {
  input_format_tsv_allow_variable_number_of_columns: 1,
  // {"a.b": 1, "a": {"b": 2}} names one path twice; both stay in event_metadata.
  type_json_skip_duplicated_paths: 1,
  max_partitions_per_insert_block: 0,
}
const allowErrors = { input_format_allow_errors_ratio: 1 }

export class Loader {
  readonly #deps: LoaderDeps
  #fault: { message: string; since: number } | undefined
  damaged = 0
  loadedEvents = 0

  constructor(deps: LoaderDeps) {
    this.#deps = deps
    rmSync(deps.dir, { recursive: true, force: true })
    mkdirSync(deps.dir, { recursive: true })
  }

  get fault(): { message: string; since: number } | undefined {
    return this.#fault
  }

  /** Returns once the segment is in the store; throws only when stopped. */
  async load(segment: SealedSegment, signal: AbortSignal): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
      try {
        await this.#loadOnce(segment, signal)
        this.#fault = undefined
        return
      } catch (error) {
        signal.throwIfAborted()
        if (!this.#fault) this.#deps.log.warn({ err: error, segment: segment.number }, 'segment cannot be loaded now; it is tried again')
        this.#fault ??= { message: 'The event store does not take rows; events are kept in the journal until it does.', since: Date.now() }
        await sleep(pause, undefined, { signal })
      }
    }
  }

  async #loadOnce(segment: SealedSegment, signal: AbortSignal): Promise<void> {
    const bytes = await readFile(segment.path)
    const content = await readSegment(bytes)
    const file = (name: string): string => join(this.#deps.dir, `${segment.number}.${name}.tsv`)
    const token = `${this.#deps.node}-${segment.number}`
    let eventsPath = segment.path
    if (!content.clean) {
      eventsPath = file('events')
      await writeFile(eventsPath, linesOf(bytes, (await readSegment(bytes, { keepEventLines: true })).eventLines))
    }
    if (content.events > 0) await this.#insertEvents(eventsPath, { token, bytes, content, cuts: await Cuts.read(segment.path), signal })
    const others = file('others')
    await writeFile(others, Buffer.concat([linesOf(bytes, content.others), receiptLine(content)]))
    const present = new Set(content.others.map(([start]) => String.fromCharCode(bytes[start + 15] ?? 0)))
    present.add(kinds.commit)
    for (const { kind, table, statement } of otherInserts) {
      if (present.has(kind)) await this.#insert(others, `${token}-${table}`, (d, source) => statement(d.local(table), source), signal)
    }
    const insertFromEvents: Loaded['insertFromEvents'] = (table, statement) =>
      this.#insert(eventsPath, `${token}-${table}`, (d, source) => statement(d.local(table), source), signal, allowErrors)
    const loaded: Loaded = { token, events: content.events, kinds: present, facts: factsOf(bytes, content.others), insertFromEvents }
    for (const follow of this.#deps.afterLoad) await follow(loaded, signal)
    this.damaged += content.damaged
    this.loadedEvents += content.events
    if (content.damaged > 0)
      this.#deps.log.error({ segment: segment.number, records: content.damaged }, 'journal records are damaged; all others of the segment are loaded')
    await rm(others)
    if (eventsPath !== segment.path) await rm(eventsPath)
  }

  async #insertEvents(path: string, job: Job): Promise<void> {
    let refusal: unknown
    if (!job.cuts.has(WHOLE)) {
      try {
        return await this.#insert(path, job.token, (d, source) => insertEvents(d.local('events'), source), job.signal)
      } catch (error) {
        if (!isPieceAtFault(error, job)) throw error
        this.#deps.log.error({ err: error, token: job.token }, 'the event store does not take a segment as it is; it is cut up to find out why')
        refusal = error
      }
    }
    const { eventLines } = await readSegment(job.bytes, { keepEventLines: true })
    await this.#insertHalves(job, eventLines, 0, WHOLE, refusal)
  }

  /** Cut at fixed places under tokens of their own, so that a repetition after a crash is cut and named alike. */
  async #insertHalves(job: Job, lines: Lines, first: number, name: string, refusal: unknown): Promise<void> {
    if (!job.cuts.has(name)) {
      if (lines.length === 1) return countDamaged(job, lines)
      // The rows may have been written before memory ended in a view: then only the same token protects them from being written twice.
      if (isTooHeavy(refusal) && (await this.#arePartlyStored(job, lines))) throw refusal
      await job.cuts.note(name)
    }
    const half = lines.length >> 1
    await this.#insertPiece(job, lines.slice(0, half), first)
    await this.#insertPiece(job, lines.slice(half), first + half)
  }

  async #insertPiece(job: Job, lines: Lines, first: number): Promise<void> {
    const name = `${first}-${lines.length}`
    let refusal: unknown
    if (!job.cuts.has(name)) {
      const path = join(this.#deps.dir, `${job.token}-part.tsv`)
      await writeFile(path, linesOf(job.bytes, lines))
      try {
        return await this.#insert(path, `${job.token}#${name}`, (d, source) => insertEvents(d.local('events'), source), job.signal)
      } catch (error) {
        if (!isPieceAtFault(error, job)) throw error
        refusal = error
      } finally {
        await rm(path, { force: true })
      }
    }
    await this.#insertHalves(job, lines, first, name, refusal)
  }

  /** Asks for one event of each month: the rows of a month are written together. */
  async #arePartlyStored({ bytes }: Job, lines: Lines): Promise<boolean> {
    const months = new Map<string, string>()
    for (const [start, end] of lines) {
      const columns = bytes.toString('utf8', start, end).split('\t', EVENT_MS + 1)
      months.set(iso(Number(columns[EVENT_MS])).slice(0, 7), columns[EVENT_ID] ?? '')
    }
    const { store } = this.#deps
    const { rows } = await store.query(sql`SELECT 1 FROM ${raw(store.dialect.database)}.events WHERE event_id IN ${uuids([...months.values()])} LIMIT 1`, {
      lane: 'admin',
    })
    return rows.length > 0
  }

  #insert(path: string, token: string, statement: (d: Dialect, source: string) => string, signal: AbortSignal, settings = {}): Promise<void> {
    const { store } = this.#deps
    return store.load(
      { token, path, format: 'TSV', structure, statement: (source) => statement(store.dialect, source) },
      { signal, settings: { ...lineSettings, ...settings } },
    )
  }
}

/**
 * Codes by which ClickHouse says that a row cannot be read: text, quoted string, expected input, date, date-time, number, incorrect data,
 * conversion, UUID, range. Every other failure (no space, no table, too many parts) is the store's own, and is waited out.
 */
const CONTENT_CODES = new Set([6, 26, 27, 38, 41, 69, 70, 72, 117, 321, 376])
const isContentAtFault = (error: unknown): boolean => error instanceof StoreError && CONTENT_CODES.has(error.clickhouseCode ?? 0)
/** More memory or time than a load may take: JSON of many shapes costs many times its size. Half as much of it costs about half. */
const isTooHeavy = (error: unknown): boolean => error instanceof CairnError && error.code === 'query_too_heavy'
const isPieceAtFault = (error: unknown, { signal }: Job): boolean => !signal.aborted && (isContentAtFault(error) || isTooHeavy(error))

/** The one record that the store refuses. */
function countDamaged({ bytes, content }: Job, [line]: Lines): void {
  content.events--
  content.damaged++
  const start = line?.[0] ?? 0
  const [, , workspaceId, received, keyId = '', tracker = '', source = ''] = bytes.toString('utf8', start, start + 512).split('\t')
  content.receipts.push({
    workspaceId: Number(workspaceId),
    hour: hourOf(Number(received)),
    keyId,
    tracker,
    source,
    outcome: 'damaged',
    reason: 'refused_by_store',
    events: 1,
  })
}

const linesOf = (bytes: Buffer, lines: ReadonlyArray<[number, number]>): Buffer =>
  Buffer.concat(lines.flatMap(([start, end]) => (bytes[end - 1] === 10 ? [bytes.subarray(start, end)] : [bytes.subarray(start, end - 1), Buffer.from('\n')])))

const receiptLine = (content: SegmentContent): Buffer =>
  encodeRecord(
    plainPayload(kinds.commit, {
      workspaceId: 0,
      receivedAt: 0,
      keyId: '',
      tracker: '',
      source: '',
      id: '00000000-0000-0000-0000-000000000000',
      data: { receipts: content.receipts.map(packReceipt) },
    }),
  )

const insertEvents = (table: string, source: string): string => `INSERT INTO ${table} (
  workspace_id, event_id, event_type, event_category, event_action, user_id, anonymous_id, person_key, session_id, session_key, entity_type, entity_id,
  event_metadata, metadata, context_snapshot, device_type, duration_ms, event_timestamp, received_at, seq, source_id, browser, os, country, is_bot,
  url_path, referrer_domain, utm_source, utm_medium, utm_campaign, utm_term, utm_content, channel, key_id, tracker, source, is_new_type, is_internal)
SELECT
  workspace_id, event_id, event_type, event_category, event_action, user_id, anonymous_id, ${personKeyColumn('user_id', 'anonymous_id')}, session_id, ${sessionKeyColumn},
  entity_type, entity_id, data, if(bounded_metadata != '', bounded_metadata, if(data = '', '{}', data)), context, device_type, duration_ms,
  fromUnixTimestamp64Milli(event_ms, 'UTC'), fromUnixTimestamp64Milli(received_ms, 'UTC'), seq, source_id, browser, os, country, bitAnd(flags, ${FLAG_BOT}) != 0,
  url_path, referrer_domain, utm_source, utm_medium, utm_campaign, utm_term, utm_content, channel, key_id, tracker, source, bitAnd(flags, ${FLAG_NEW_TYPE}) != 0, bitAnd(flags, ${FLAG_INTERNAL}) != 0
FROM ${source} WHERE kind = '${kinds.event}'`

const received = "fromUnixTimestamp64Milli(received_ms, 'UTC')"
const momentOf = (field: string): string => `fromUnixTimestamp64Milli(JSONExtractInt(data, '${field}'), 'UTC')`
/** Of a JSON object; a number is as good as its text. */
const textOf = (json: string, name: string): string =>
  `if(JSONType(${json}, '${name}') = 'String', JSONExtractString(${json}, '${name}'), JSONExtractRaw(${json}, '${name}'))`
const otherInserts: ReadonlyArray<{ kind: string; table: string; statement: (table: string, source: string) => string }> = [
  {
    kind: kinds.commit,
    table: 'ledger',
    statement: (table, source) => `INSERT INTO ${table} (workspace_id, hour, key_id, tracker, source, outcome, reason, events)
SELECT r.1, fromUnixTimestamp(r.2), r.3, r.4, r.5, r.6, r.7, r.8
FROM (SELECT arrayJoin(JSONExtract(data, 'receipts', 'Array(Tuple(UInt32, Int64, String, String, String, String, String, UInt64))')) AS r FROM ${source} WHERE kind = '${kinds.commit}')`,
  },
  {
    kind: kinds.quarantine,
    table: 'quarantine',
    statement: (
      table,
      source,
    ) => `INSERT INTO ${table} (workspace_id, quarantine_id, event_id, event_type, received_at, key_id, tracker, source, step, code, message, event, headers, status, version)
SELECT workspace_id, event_id, JSONExtractString(data, 'event_id'), JSONExtractString(data, 'event_type'), ${received}, key_id, tracker, source,
  JSONExtractString(data, 'step'), JSONExtractString(data, 'code'), JSONExtractString(data, 'message'), JSONExtractString(data, 'event'), JSONExtractString(data, 'request'), 'open', 1
FROM ${source} WHERE kind = '${kinds.quarantine}'`,
  },
  {
    kind: kinds.property,
    table: 'event_properties',
    statement: (table, source) => `INSERT INTO ${table} (workspace_id, event_type, path, value_type, example, person_key, event_timestamp, seen_at)
SELECT workspace_id, JSONExtractString(data, 'event_type'), JSONExtractString(data, 'path'), JSONExtractString(data, 'value_type'), JSONExtractString(data, 'example'),
  ${personKeyColumn("JSONExtractString(data, 'user_id')", "JSONExtractString(data, 'anonymous_id')")},
  fromUnixTimestamp64Milli(JSONExtractInt(data, 'event_ms'), 'UTC'), ${received}
FROM ${source} WHERE kind = '${kinds.property}'`,
  },
  {
    kind: kinds.fact,
    table: 'person_facts',
    statement: (table, source) => `INSERT INTO ${table} (workspace_id, fact_id, fact, user_id, anonymous_id, other_id, traits, told_at, received_at, key_id)
SELECT workspace_id, event_id, JSONExtractString(data, 'fact'), JSONExtractString(data, 'user_id'), JSONExtractString(data, 'anonymous_id'), JSONExtractString(data, 'other_id'),
  JSONExtractString(data, 'traits'), fromUnixTimestamp64Milli(JSONExtractInt(data, 'told_ms'), 'UTC'), ${received}, key_id
FROM ${source} WHERE kind = '${kinds.fact}'`,
  },
  {
    kind: kinds.end,
    table: 'source_ends',
    statement: (table, source) => `INSERT INTO ${table} (workspace_id, source_id, seq, tracker, reported_at)
SELECT workspace_id, JSONExtractString(data, 'source_id'), JSONExtractUInt(data, 'seq'), tracker, ${received}
FROM ${source} WHERE kind = '${kinds.end}'`,
  },
  {
    kind: kinds.session,
    table: 'session_records',
    statement: (
      table,
      source,
    ) => `INSERT INTO ${table} (workspace_id, session_key, session_id, record_id, record, kind, user_id, person_key, at, received_at, key_id, user_agent, referrer, device_type, browser, os, country)
SELECT workspace_id, cityHash64(workspace_id, JSONExtractString(data, 'session_id')), JSONExtractString(data, 'session_id'), event_id, JSONExtractString(data, 'record'),
  JSONExtractString(data, 'kind'), JSONExtractString(data, 'user_id'), ${personKeyColumn("JSONExtractString(data, 'user_id')", "''")},
  fromUnixTimestamp64Milli(JSONExtractInt(data, 'at_ms'), 'UTC'), ${received}, key_id, JSONExtractString(data, 'user_agent'), JSONExtractString(data, 'referrer'),
  JSONExtractString(data, 'device_type'), JSONExtractString(data, 'browser'), JSONExtractString(data, 'os'), JSONExtractString(data, 'country')
FROM ${source} WHERE kind = '${kinds.session}'`,
  },
  {
    kind: kinds.entity,
    table: 'entities',
    statement: (table, source) => `INSERT INTO ${table} (workspace_id, entity_type, entity_id, version, deleted, created_at, updated_at,
  title, status, type, project_id, client_id, created_by, attributes, assignments)
SELECT workspace_id, JSONExtractString(data, 'entity_type'), JSONExtractString(data, 'entity_id'), JSONExtractUInt(data, 'version'), JSONExtractUInt(data, 'deleted'),
  ${momentOf('created_ms')}, ${momentOf('updated_ms')}, 
  ${['title', 'status', 'type', 'project_id', 'client_id', 'created_by'].map((name) => textOf("JSONExtractString(data, 'attributes')", name)).join(', ')},
  JSONExtractString(data, 'attributes'), JSONExtract(data, 'assignments', 'Array(Tuple(String, Int64, Int64, String, String))')
FROM ${source} WHERE kind = '${kinds.entity}'`,
  },
  {
    kind: kinds.entity,
    table: 'entity_changes',
    statement: (table, source) => `INSERT INTO ${table} (workspace_id, entity_type, field, entity_id, at, version, place, value)
SELECT workspace_id, JSONExtractString(data, 'entity_type'), change.1, JSONExtractString(data, 'entity_id'), fromUnixTimestamp64Milli(change.3, 'UTC'), JSONExtractUInt(data, 'version'),
  change.4, change.2
FROM (SELECT workspace_id, data, arrayJoin(JSONExtract(data, 'changes', 'Array(Tuple(String, String, Int64, UInt32))')) AS change FROM ${source} WHERE kind = '${kinds.entity}')`,
  },
  {
    kind: kinds.viewDuration,
    table: 'view_durations',
    statement: (table, source) => `INSERT INTO ${table} (workspace_id, entity_type, entity_id, view_id, person_key, seconds, told)
SELECT workspace_id, JSONExtractString(data, 'entity_type'), JSONExtractString(data, 'entity_id'), event_id,
  ${personKeyColumn("JSONExtractString(data, 'user_id')", "''")}, JSONExtractFloat(data, 'seconds'), received_ms
FROM ${source} WHERE kind = '${kinds.viewDuration}'`,
  },
]
