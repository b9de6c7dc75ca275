import { existsSync, globSync, rmSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CairnError } from '../base/errors.ts'
import type { Clock } from '../base/time.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import { deleteWhere } from '../store/delete.ts'
import { inSpan } from '../store/keys.ts'
import { join as joined, raw, sql, u32, type Piece } from '../store/sql.ts'
import type { Store } from '../store/store.ts'
import { columns, hasSameRows, removeFile, replaceFile, rowsOf } from './file.ts'
import { beginMonth, endMonth, endOfMonth, forgetMonth, listMonths, monthName, monthOf, shrinkMonth, startOfMonth, type Month } from './months.ts'

/**
 * Months that are out of the event store, as files of `<data>/archive/<workspace>/<month>.parquet`, and how to ask both as one.
 *
 * A month is archived in these steps, each of which may be repeated: the catalog says `changing`; a file is written of what the old one holds
 * and of the rows of the store that it does not hold yet, and takes its place; the rows leave the store; the catalog says `archived`. While it
 * says `changing`, rows of the store that are in the file as well do not count. So a question is answered right at every moment, and whatever
 * a crash left, doing it again brings the same end. Events of the month that come later stay in the store until the month is archived again.
 */
export interface ArchiveOptions {
  store: Store
  db: CatalogDb
  /** Folder of all workspaces. */
  dir: string
  clock: Clock
}

interface Span {
  fromMs: number
  toMs: number
}

export class Archive {
  readonly #o: ArchiveOptions

  constructor(options: ArchiveOptions) {
    this.#o = options
    // Half of a file that a crash left; it may hold rows that were deleted since.
    for (const path of globSync(join(options.dir, '*', '*.new'))) rmSync(path, { force: true })
  }

  /** Archives are files that the embedded engine writes and reads; a server would look for them on its own disk. */
  get isPossible(): boolean {
    return this.#o.store.dialect.segmentSource === 'file'
  }

  /** Throws `conflict` where the store is a server. */
  require(): void {
    if (!this.isPossible)
      throw new CairnError(
        'conflict',
        'Months are archived by the embedded engine only: a ClickHouse server of CLICKHOUSE_URL would write the files on its own disk. Let the server itself move old partitions to a cheaper volume.',
      )
  }

  /** Months of the store, and months whose archiving was cut off, that end by that moment. Oldest first. */
  async monthsBefore(workspaceId: number, beforeMs: number): Promise<number[]> {
    const { store, db } = this.#o
    const { rows } = await store.query<{ month: number }>(
      sql`SELECT DISTINCT toYYYYMM(event_timestamp) AS month FROM ${raw(store.dialect.database)}.events WHERE workspace_id = ${u32(workspaceId)} AND ${inSpan({ fromMs: EARLIEST_MS, toMs: startOfMonth(monthOf(beforeMs)) })}`,
    )
    const cut = (await listMonths(db, workspaceId)).filter(({ state }) => state === 'changing').map(({ month }) => month)
    return [...new Set([...rows.map(({ month }) => month), ...cut])].toSorted((a, b) => a - b)
  }

  /** To be called while nothing is loaded. Returns how many events left the store. */
  async archive(workspaceId: number, month: number): Promise<number> {
    const { store, db, clock } = this.#o
    const path = this.#pathOf(workspaceId, month)
    const stored = this.#stored(workspaceId, { fromMs: startOfMonth(month), toMs: endOfMonth(month) })
    await beginMonth(db, workspaceId, month, clock.now())
    const all = sql`SELECT ${columns} FROM ${this.#table} WHERE ${stored}`
    const file = existsSync(path) ? rowsOf(path) : undefined
    // The store has few of a month that is archived already; what is in both is no more.
    const inBoth = sql`SELECT event_id FROM (${rowsOf(path)}) WHERE event_id IN (SELECT event_id FROM ${this.#table} WHERE ${stored})`
    const fresh = file ? sql`${all} AND event_id NOT IN (${inBoth})` : all
    // A crash left all of them in both: too many ids, perhaps, for one question.
    const left = file && (await hasSameRows(store, file, all)) ? 0 : await this.#count(fresh)
    if (left > 0) await replaceFile(store, path, file ? sql`${file} UNION ALL ${fresh}` : fresh)
    const moved = await deleteWhere(store, 'events', stored)
    if (existsSync(path))
      await endMonth(db, { workspace_id: workspaceId, month, events: await this.#count(rowsOf(path)), bytes: statSync(path).size }, clock.now())
    else await forgetMonth(db, { workspace_id: workspaceId, month })
    return moved
  }

  /**
   * Takes rows out of every file of the workspace; a file of which nothing is left goes. To be called while nothing is loaded, after the rows of
   * the store are deleted; may be repeated. `first` is told each file that holds some, before they go. Returns how many rows.
   */
  async deleteWhere(workspaceId: number, doomed: Piece, first: (rows: Piece, month: number) => Promise<void> = () => Promise.resolve()): Promise<number> {
    let deleted = 0
    for (const month of await this.#files(workspaceId)) {
      const path = this.#pathOf(workspaceId, month.month)
      const found = await this.#count(sql`${rowsOf(path)} WHERE ${doomed}`)
      if (found === 0) continue
      deleted += found
      await first(sql`${rowsOf(path)} WHERE ${doomed}`, month.month)
      const kept = sql`${rowsOf(path)} WHERE NOT (${doomed})`
      if ((await this.#count(kept)) > 0) {
        await shrinkMonth(this.#o.db, { ...month, ...(await replaceFile(this.#o.store, path, kept)) })
        continue
      }
      await removeFile(path)
      await forgetMonth(this.#o.db, month)
    }
    return deleted
  }

  /** Of a workspace that is gone. */
  async removeAll(workspaceId: number): Promise<void> {
    await rm(join(this.#o.dir, String(workspaceId)), { recursive: true, force: true })
  }

  /**
   * Events of the workspace in the span, of store and archive together, as what stands after FROM: every column but `metadata`. Throws
   * `unavailable` where a month's file is not in its place.
   */
  async everywhere(workspaceId: number, span: Span = { fromMs: EARLIEST_MS, toMs: LATEST_MS }): Promise<Piece> {
    const months = (await this.#files(workspaceId)).filter(({ month }) => startOfMonth(month) < span.toMs && endOfMonth(month) > span.fromMs)
    // By hashes, a quarter of the memory: of ten million events the chance that one is left out while a month changes is one in a hundred thousand.
    const twice = months
      .filter(({ state }) => state === 'changing')
      .map(({ month }) => {
        const of = { fromMs: startOfMonth(month), toMs: endOfMonth(month) }
        return sql` AND NOT (${inSpan(of)} AND cityHash64(event_id) IN (SELECT cityHash64(event_id) FROM (${rowsOf(this.#pathOf(workspaceId, month))})))`
      })
    const stored = sql`SELECT ${columns} FROM ${this.#table} WHERE workspace_id = ${u32(workspaceId)}${joined(twice, '')}`
    return sql`(${joined([stored, ...months.map(({ month }) => rowsOf(this.#pathOf(workspaceId, month)))], '\nUNION ALL ')})`
  }

  /** Those that have a file: all that are archived, and of those that are changing the ones that were before, or are nearly done. */
  async #files(workspaceId: number): Promise<Month[]> {
    const months = await listMonths(this.#o.db, workspaceId)
    if (months.length > 0) this.require()
    return months.filter(({ month, state }) => {
      if (existsSync(this.#pathOf(workspaceId, month))) return true
      if (state === 'changing') return false
      throw new CairnError('unavailable', `The archive of ${monthName(month)} is not in its place. Bring its file back from a copy of the data folder.`)
    })
  }

  get #table(): Piece {
    return raw(`${this.#o.store.dialect.database}.events`)
  }

  #pathOf(workspaceId: number, month: number): string {
    return join(this.#o.dir, String(workspaceId), `${monthName(month)}.parquet`)
  }

  #stored(workspaceId: number, span: Span): Piece {
    return sql`workspace_id = ${u32(workspaceId)} AND ${inSpan(span)}`
  }

  async #count(rows: Piece): Promise<number> {
    const { rows: found } = await this.#o.store.query<{ n: string }>(sql`SELECT count() AS n FROM (${rows})`, { timeoutMs: 600_000 })
    return Number(found[0]?.n ?? 0)
  }
}

/** What the event table holds. */
const EARLIEST_MS = Date.UTC(1900, 0, 1)
const LATEST_MS = Date.UTC(2300, 0, 1)
