import type { Log } from '../base/log.ts'
import { DAY, HOUR, type Clock } from '../base/time.ts'
import type { Directory, DirectoryWorkspace } from '../catalog/directory.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Sender } from '../ingest/draft.ts'
import type { Intake } from '../ingest/intake.ts'
import type { Pipeline } from '../ingest/pipeline.ts'
import type { OutboxEvent, OutboxItem } from './outbox.ts'

export interface RelayDeps {
  db: CatalogDb
  pipeline: Pick<Pipeline, 'journal' | 'freshness' | 'node'>
  intake: Intake
  directory: Directory
  clock: Clock
  log: Log
  /** Which of the events are in the store already; see alreadyStored in ingest/stored.ts. */
  withoutStored(workspaceId: number, events: readonly unknown[]): Promise<ReadonlySet<number>>
}

const AT_ONCE = 500
const RETRY_MS = 1_000
/** A row that waited longer may be of an event whose id is not remembered any more. */
const LATE_MS = 20 * HOUR
const ANSWERS_MS = 2 * DAY

/**
 * Carries this node's rows of the outbox into its journal, oldest first, and strikes out what is synced. A crash in between carries a row
 * again: events are known by their ids, and readers of other lines take a repetition for nothing new.
 */
export class Relay {
  readonly #deps: RelayDeps
  #running: Promise<void> | undefined
  #again = false
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #waits = false

  constructor(deps: RelayDeps) {
    this.#deps = deps
  }

  /** Carries what an earlier run left; to be called before requests are taken. What cannot be carried now is tried again every second. */
  async start(): Promise<void> {
    await this.#deps.db
      .deleteFrom('answers')
      .where('created_at', '<', this.#deps.clock.now() - ANSWERS_MS)
      .execute()
    await this.flush()
  }

  /** Resolves when every row that was written before is in the journal, or cannot be carried now. Never throws. */
  flush(): Promise<void> {
    if (this.#running) {
      this.#again = true
      return this.#running
    }
    this.#running = this.#carryAll().finally(() => (this.#running = undefined))
    return this.#running
  }

  /** For reads: what could not be carried when it was decided is tried once more. */
  async settle(): Promise<void> {
    if (this.#waits || this.#running) await this.flush()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#running
  }

  async #carryAll(): Promise<void> {
    try {
      do {
        this.#again = false
        while (!this.#stopped && (await this.#carrySome()) === AT_ONCE);
      } while (this.#again && !this.#stopped)
      this.#waits = false
    } catch (error) {
      if (!this.#waits) this.#deps.log.warn({ err: error }, 'what the catalog decided cannot be carried into the journal now; it is tried again')
      this.#waits = true
      clearTimeout(this.#timer)
      if (!this.#stopped) this.#timer = setTimeout(() => void this.flush(), RETRY_MS).unref()
    }
  }

  async #carrySome(): Promise<number> {
    const { db, pipeline, directory } = this.#deps
    const rows = await db.selectFrom('outbox').selectAll().where('node', '=', pipeline.node).orderBy('seq').limit(AT_ONCE).execute()
    if (rows.length === 0) return 0
    const written: Promise<unknown>[] = []
    let records = 0
    const workspaces = new Set<number>()
    for (const row of rows) {
      const item = JSON.parse(row.item) as OutboxItem
      const workspaceId = row.workspace_id
      if (item.kind === 'record') {
        pipeline.journal.admit()
        pipeline.journal.group.add(item.line)
        records++
        workspaces.add(workspaceId)
      } else {
        const workspace = directory.workspace(workspaceId)
        // A workspace that is being removed takes nothing.
        if (workspace) written.push(this.#take(workspace, item, row.id, row.created_at))
      }
    }
    if (records > 0) {
      const position = await pipeline.journal.commit()
      for (const workspaceId of workspaces) pipeline.freshness.taken(workspaceId, position)
    }
    await Promise.all(written)
    await db
      .deleteFrom('outbox')
      .where(
        'seq',
        'in',
        rows.map((row) => row.seq),
      )
      .execute()
    return rows.length
  }

  async #take(workspace: DirectoryWorkspace, item: OutboxEvent, id: string, createdAt: number): Promise<void> {
    const { intake, clock } = this.#deps
    const event = { ...item.event, event_id: id }
    if (clock.now() - createdAt > LATE_MS && (await this.#deps.withoutStored(workspace.id, [event])).size > 0) return
    await intake.take([event], senderOf(workspace, item, createdAt))
  }
}

const senderOf = (workspace: DirectoryWorkspace, { keyId, userAgent }: OutboxEvent, createdAt: number): Sender => ({
  workspace,
  keyId,
  source: 'api',
  tracker: '',
  userAgent,
  country: '',
  isInternal: false,
  privacySignal: false,
  receivedAt: createdAt,
  arrivedAt: createdAt,
  sentAt: undefined,
  historical: true,
  visitor: '',
})
