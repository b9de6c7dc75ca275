import { mkdirSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '../base/time.ts'
import type { Named } from '../ingest/fact.ts'
import { personRoots } from '../store/migrations/0004_person_links.ts'
import type { Persons } from '../store/persons.ts'
import { list, raw, sql, time, u32, type Piece } from '../store/sql.ts'
import type { CallOptions, Store } from '../store/store.ts'
import { rootsOf, type Merged } from './component.ts'
import { mergesOf, ownedBy, ownersOf, type Owned } from './ties.ts'

/**
 * The links of ids to people, made from the facts: `person_links`, and the dictionary over it that every question about people looks into.
 *
 * The loader calls `follow` with the facts of each segment that it has loaded, before the segment counts as passed. What they touch is worked
 * out anew from all facts about it, so the order in which facts arrive does not matter, and doing it again changes nothing. A crash before
 * the segment counts as passed has it loaded, and followed, again. `start` follows the facts that arrived after the newest link: those of a
 * store that is older than the links, and whatever else has facts and no links.
 * Links are only added; the newest version of a key counts. Events are never rewritten.
 *
 * On a server there may be other nodes that make links. What was written is then looked at again until nothing is left to change, since facts that
 * another node loaded meanwhile were not seen; and no workspace counts as one without links.
 */
export interface LinksDeps {
  store: Store
  persons: Persons
  /** For the file that new links are loaded from. */
  dir: string
  clock: Clock
}

interface Link {
  user_id: string
  anonymous_id: string
  root_id: string
}
interface Stored extends Link {
  version: string
}

interface Touched {
  users: readonly string[]
  anonymousIds: readonly string[]
  /** Of the newest fact. */
  receivedMs: number
}

/** Facts that are followed together: their ids fit a few parameters, and one insert. */
const MOST_FACTS = 5_000
const structure = 'user_id String, anonymous_id String, root_id String'
/** In the loader's turn: a question of somebody must not keep it waiting. */
const asLoader: CallOptions = { lane: 'load' }

export class Links {
  readonly #deps: LinksDeps
  #version = 0
  #isReady = false
  /** Whether the dictionary may lack links: after a start it may be a server's, from before a crash. */
  #isStale = true

  /** Whether other nodes may make links in the same store. */
  readonly #isShared: boolean

  constructor(deps: LinksDeps) {
    this.#deps = deps
    this.#isShared = deps.store.dialect.segmentSource === 'stream'
    mkdirSync(deps.dir, { recursive: true })
  }

  /** To be called before requests are taken; where the store is away, the first segment that is loaded does it. */
  async start(): Promise<void> {
    if (this.#isReady) return
    const { store, persons } = this.#deps
    // A server's dictionary knows how to log in, and that may have changed since it was made.
    if (this.#isShared) for (const statement of store.dialect.createDictionary(personRoots)) await store.command(statement, asLoader)
    const { rows } = await store.query<{ version: string; facts_to_ms: string }>(
      sql`SELECT max(version) AS version, toUnixTimestamp64Milli(max(facts_to)) AS facts_to_ms FROM ${this.#table}`,
      asLoader,
    )
    this.#version = Number(rows[0]?.version ?? 0)
    for await (const batch of this.#factsSince(Number(rows[0]?.facts_to_ms ?? 0))) await this.#followAll(batch)
    const linked = await store.query<{ workspace_id: number }>(sql`SELECT DISTINCT workspace_id FROM ${this.#table} FINAL WHERE root != person_key`, asLoader)
    await this.reload()
    if (!this.#isShared) persons.know(linked.rows.map(({ workspace_id }) => workspace_id))
    this.#isReady = true
  }

  /** Every read that begins after it sees these facts. */
  async follow(facts: readonly Named[]): Promise<void> {
    await this.start()
    if (await this.#followAll(facts)) await this.reload()
  }

  /** Ids whose links were deleted, and to which facts of others may still tie them. Nothing is loaded meanwhile. */
  async followAgain(workspaceId: number, anonymousIds: readonly string[]): Promise<void> {
    await this.start()
    await this.#settle(workspaceId, { users: [], anonymousIds, receivedMs: 0 })
    await this.reload()
  }

  async #followAll(facts: readonly Named[]): Promise<boolean> {
    const ties = facts.filter(({ anonymousId, otherId }) => anonymousId !== '' || otherId !== '')
    for (const [workspaceId, told] of Map.groupBy(ties, (fact) => fact.workspaceId)) {
      for (let at = 0; at < told.length; at += MOST_FACTS) {
        const some = told.slice(at, at + MOST_FACTS)
        await this.#settle(workspaceId, {
          users: some.flatMap(({ userId, otherId }) => (otherId === '' ? [] : [userId, otherId])),
          anonymousIds: some.map(({ anonymousId }) => anonymousId).filter((id) => id !== ''),
          receivedMs: some.reduce((latest, { receivedMs }) => Math.max(latest, receivedMs), 0),
        })
      }
    }
    return this.#isStale
  }

  async #settle(workspaceId: number, touched: Touched): Promise<void> {
    while ((await this.#relink(workspaceId, touched)) && this.#isShared);
  }

  /** Whether there was anything to change. */
  async #relink(workspaceId: number, touched: Touched): Promise<boolean> {
    const { store } = this.#deps
    const owned = await ownersOf(store, workspaceId, [...new Set(touched.anonymousIds)], asLoader)
    const seeds = new Set([...touched.users, ...owned.map(({ owner }) => owner)])
    if (seeds.size === 0) return false
    const roots = rootsOf(...(await this.#together(workspaceId, seeds)))
    const known = await this.#known(workspaceId, { users: [...roots.keys()], anonymousIds: owned.map(({ anonymous_id }) => anonymous_id) })
    const moved = [...roots].filter(([user, root]) => (known.users.get(user) ?? user) !== root)
    const taken = await this.#takenAlong(workspaceId, moved)
    const devices = new Map([...owned, ...taken.devices].map(({ anonymous_id, owner }) => [anonymous_id, roots.get(owner) ?? owner]))
    const links = [
      ...moved.map(([user_id, root_id]) => ({ user_id, anonymous_id: '', root_id })),
      ...[...devices]
        .filter(([id, root]) => (known.anonymousIds.get(id) ?? taken.known.get(id)) !== root)
        .map(([anonymous_id, root_id]) => ({ user_id: '', anonymous_id, root_id })),
    ]
    if (links.length === 0) return false
    await this.#write(workspaceId, touched.receivedMs, links)
    return true
  }

  /** Anonymous ids of the users that moved, and where they lead. */
  async #takenAlong(
    workspaceId: number,
    moved: ReadonlyArray<readonly [user: string, root: string]>,
  ): Promise<{ devices: Owned[]; known: Map<string, string> }> {
    if (moved.length === 0) return { devices: [], known: new Map() }
    const users = moved.map(([user]) => user)
    const devices = await ownedBy(this.#deps.store, workspaceId, users, asLoader)
    if (devices.length === 0) return { devices, known: new Map() }
    const { anonymousIds } = await this.#known(workspaceId, { users: [], anonymousIds: devices.map(({ anonymous_id }) => anonymous_id) })
    return { devices, known: anonymousIds }
  }

  /**
   * The users that are one person with any of the seeds, and their merges. Besides the merges themselves those are followed that were one
   * person until now: a long chain is two steps then, and who is parted from it is seen.
   */
  async #together(workspaceId: number, seeds: ReadonlySet<string>): Promise<[users: Set<string>, merges: Merged[]]> {
    const users = new Set<string>()
    const merges = new Map<string, Merged>()
    for (let next = [...seeds]; next.length > 0;) {
      for (const user of next) users.add(user)
      const { rows } = await this.#deps.store.query<Merged & { holds: number }>(
        sql`SELECT user_id, other_id, 1 AS holds FROM (${mergesOf(this.#deps.store, workspaceId, next)})
UNION ALL SELECT user_id, root_id, 0 FROM (${this.#beside(workspaceId, next)})`,
        asLoader,
      )
      for (const { user_id, other_id, holds } of rows) if (holds === 1) merges.set(JSON.stringify([user_id, other_id]), { user_id, other_id })
      next = [...new Set(rows.flatMap(({ user_id, other_id }) => [user_id, other_id]))].filter((user) => !users.has(user))
    }
    return [users, [...merges.values()]]
  }

  /** Users whose links lead, or led once, where those of the given users do: whom it names in vain costs a look and no more. */
  #beside(workspaceId: number, users: readonly string[]): Piece {
    const workspace = sql`workspace_id = ${u32(workspaceId)}`
    const keys = keysOf(workspaceId, 'u', users)
    return sql`SELECT DISTINCT user_id, root_id FROM ${this.#table}
WHERE ${workspace} AND user_id != '' AND (root IN (${keys}) OR root IN (SELECT root FROM ${this.#table} WHERE ${workspace} AND person_key IN (${keys})))`
  }

  /** Where the links of ids lead; those without link are missing. */
  async #known(
    workspaceId: number,
    ids: { users: readonly string[]; anonymousIds: readonly string[] },
  ): Promise<{ users: Map<string, string>; anonymousIds: Map<string, string> }> {
    const keys = sql`${keysOf(workspaceId, 'u', ids.users)} UNION ALL ${keysOf(workspaceId, 'a', ids.anonymousIds)}`
    const { rows } = await this.#deps.store.query<Stored>(
      sql`SELECT user_id, anonymous_id, root_id, version FROM ${this.#table} FINAL WHERE workspace_id = ${u32(workspaceId)} AND person_key IN (${keys})`,
      asLoader,
    )
    // Another node's clock may be ahead of this one's.
    for (const { version } of rows) this.#version = Math.max(this.#version, Number(version))
    const of = (name: 'user_id' | 'anonymous_id'): Map<string, string> => new Map(rows.filter((row) => row[name] !== '').map((row) => [row[name], row.root_id]))
    return { users: of('user_id'), anonymousIds: of('anonymous_id') }
  }

  /** In one insert: all of them are there after a crash, or none. */
  async #write(workspaceId: number, receivedMs: number, links: readonly Link[]): Promise<void> {
    const { store, persons, dir, clock } = this.#deps
    this.#isStale = true
    this.#version = Math.max(this.#version + 1, clock.now() * 1_000)
    const path = join(dir, `${randomUUID()}.json`)
    try {
      await writeFile(path, links.map((link) => `${JSON.stringify(link)}\n`).join(''), { mode: 0o600 })
      await store.load(
        {
          token: randomUUID(),
          path,
          format: 'JSONEachRow',
          structure,
          statement: (source) => `INSERT INTO ${store.dialect.database}.person_links
  (workspace_id, person_key, user_id, anonymous_id, root, root_id, facts_to, version)
SELECT toUInt32(${workspaceId}) AS workspace, cityHash64(workspace, if(user_id != '', 'u', 'a'), if(user_id != '', user_id, anonymous_id)), user_id, anonymous_id,
  cityHash64(workspace, 'u', root_id), root_id, fromUnixTimestamp64Milli(toInt64(${receivedMs}), 'UTC'), toUInt64(${this.#version})
FROM ${source}`,
        },
        { settings: { distributed_foreground_insert: 1 } },
      )
    } finally {
      await rm(path, { force: true })
    }
    persons.link(workspaceId)
  }

  /** The dictionary as the links are now. */
  async reload(): Promise<void> {
    const { store } = this.#deps
    await store.command(store.dialect.reloadDictionary(personRoots.name), asLoader)
    this.#isStale = false
  }

  /** In the order of their arrival, so that a start that is cut off goes on where it was. */
  async *#factsSince(ms: number): AsyncGenerator<Named[]> {
    const { store } = this.#deps
    const rows = store.stream<{ workspace_id: number; user_id: string; anonymous_id: string; other_id: string; received_ms: string }>(
      sql`SELECT workspace_id, user_id, anonymous_id, other_id, toUnixTimestamp64Milli(min(received_at)) AS received_ms
FROM ${raw(`${store.dialect.database}.person_facts`)}
WHERE (anonymous_id != '' OR other_id != '') AND received_at >= ${time(ms)}
GROUP BY workspace_id, user_id, anonymous_id, other_id
ORDER BY received_ms`,
    )
    let batch: Named[] = []
    for await (const some of rows) {
      for (const row of some)
        batch.push({
          workspaceId: row.workspace_id,
          receivedMs: Number(row.received_ms),
          userId: row.user_id,
          anonymousId: row.anonymous_id,
          otherId: row.other_id,
        })
      if (batch.length < MOST_FACTS) continue
      yield batch
      batch = []
    }
    yield batch
  }

  get #table(): Piece {
    return raw(`${this.#deps.store.dialect.database}.person_links`)
  }
}

const keysOf = (workspaceId: number, kind: 'u' | 'a', ids: readonly string[]): Piece =>
  sql`SELECT cityHash64(${u32(workspaceId)}, ${raw(`'${kind}'`)}, arrayJoin(${list(ids)}))`
