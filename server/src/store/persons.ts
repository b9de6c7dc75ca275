import type { Dialect } from './dialect.ts'
import { raw, sql, u32, type Piece } from './sql.ts'

/**
 * Who a row of events counts to. The one definition: every count, list and filter of people takes it from here.
 * A key that is linked counts to its root (people/links.ts), any other to itself. A workspace without links is asked by the key as it stands,
 * which is what a look-up for each row would come to; which workspaces have links is kept here by whoever makes them, and until they are
 * known, every workspace may.
 */
export class Persons {
  readonly #dialect: Dialect
  #linked: Set<number> | undefined

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  /** The workspaces that have links, all of them. */
  know(workspaceIds: Iterable<number>): void {
    this.#linked = new Set(workspaceIds)
  }

  /** A workspace that may have links from now on. */
  link(workspaceId: number): void {
    this.#linked?.add(workspaceId)
  }

  hasLinks(workspaceId: number): boolean {
    return this.#linked?.has(workspaceId) ?? true
  }

  /** Key of the person that a row counts to, of rows with `person_key`. */
  column(workspaceId: number): Piece {
    return this.rootOf(workspaceId, raw('person_key'))
  }

  /**
   * Exact number of the persons that a group of rows counts to. Where `manyRowsEach` (groups of a week and more), the distinct keys of a group are
   * looked up in place of its rows: that is the cheap way for few large groups. Where a group holds few rows of each person (of a day and less),
   * a look-up for each row costs less than to collect the keys. Figures of both: bench/RESULTS.md.
   */
  count(workspaceId: number, manyRowsEach: boolean): Piece {
    if (!manyRowsEach || !this.hasLinks(workspaceId)) return sql`uniqExact(${this.column(workspaceId)})`
    return sql`length(arrayDistinct(arrayMap(key -> ${this.rootOf(workspaceId, raw('key'))}, groupUniqArray(person_key))))`
  }

  /** Key of the person that `key` counts to. */
  rootOf(workspaceId: number, key: Piece): Piece {
    return this.hasLinks(workspaceId) ? sql`dictGetOrDefault(${this.#dictionary}, 'root', ${key}, ${key})` : key
  }

  /** Condition: rows of the person that `key` belongs to. By keys and not by look-ups, so that the table's order is of use. */
  isOf(workspaceId: number, key: Piece): Piece {
    return this.hasLinks(workspaceId) ? sql`person_key IN (${this.keysOf(workspaceId, key)})` : sql`person_key = ${key}`
  }

  /** Query: the keys of the person that `key` belongs to. */
  keysOf(workspaceId: number, key: Piece): Piece {
    const root = sql`dictGetOrDefault(${this.#dictionary}, 'root', ${key}, ${key})`
    return sql`SELECT ${root} AS person_key UNION ALL
SELECT person_key FROM ${raw(this.#dialect.database)}.person_links
WHERE workspace_id = ${u32(workspaceId)} AND root = ${root} AND ${this.isNewest}`
  }

  /**
   * Condition: rows of `person_links` that hold. Those of older versions lead elsewhere than the dictionary does, or say the same again; asking
   * it is less work than finding the newest of each (FINAL).
   */
  get isNewest(): Piece {
    return sql`root != person_key AND root = dictGetOrDefault(${this.#dictionary}, 'root', person_key, person_key)`
  }

  get #dictionary(): Piece {
    return raw(`'${this.#dialect.database}.person_roots'`)
  }
}
