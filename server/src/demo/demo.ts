import type { AnswerOf } from '@cairn/wire/api'
import { CairnError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Clock } from '../base/time.ts'
import { LOCAL, type Actor } from '../catalog/audit.ts'
import type { Directory } from '../catalog/directory.ts'
import { createKey } from '../catalog/keys.ts'
import { insertMember, memberAdded } from '../catalog/members.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import { change } from '../catalog/version.ts'
import { insertWorkspace, workspaceMade } from '../catalog/workspaces.ts'
import { pendingRemovals, removeWorkspace, resumeRemovals, type RemovalDeps } from '../privacy/workspace-removal.ts'
import { fill, type Send } from './fill.ts'
import { beginningOf, dayOf } from './month.ts'

/**
 * The demo workspace: made, filled, removed. In the catalog it is `loading` from the transaction that makes it until all is sent, then `ready`.
 * A load that a stop or a crash cut off stays `loading` with nobody at work on it: it is shown as failed, and the next load removes what there
 * is and begins anew, so that the outcome is the same as without the crash. A workspace `demo` that somebody made by hand is never touched.
 */
export type DemoState = AnswerOf<'getDemo'>

export interface DemoDeps extends RemovalDeps {
  db: CatalogDb
  directory: Directory
  clock: Clock
  log: Log
  /** To this server itself. */
  send: Send
}

export interface Asker {
  /** Absent: the command line, which may do everything. */
  user: { id: string; email: string } | undefined
  by: Actor
}

const SLUG = 'demo'
const KEY_NAME = 'Demo data'

interface Running {
  done: number
  total: number
  stop: AbortController
  ended: Promise<void>
}

export class Demo {
  readonly #o: DemoDeps
  #load: Running | undefined
  #removing = false
  #failure: string | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(deps: DemoDeps) {
    this.#o = deps
  }

  async state(): Promise<DemoState> {
    const shown = (state: DemoState['state'], events: number, total: number, message?: string): DemoState => ({
      state,
      workspace: SLUG,
      events,
      events_total: total,
      ...(message === undefined ? {} : { message }),
    })
    if (this.#removing) return shown('removing', 0, 0)
    if (this.#load) return shown('loading', this.#load.done, this.#load.total)
    const found = await this.#o.db.selectFrom('demo').selectAll().executeTakeFirst()
    if (found?.state === 'ready') return shown('ready', found.events, found.events)
    if (found) return shown('failed', 0, 0, this.#failure ?? 'Loading was cut off. Load again to begin anew, or remove what there is.')
    const left = await pendingRemovals(this.#o.db)
    if (left.some(({ slug }) => slug === SLUG))
      return shown('failed', 0, 0, 'Removing was cut off. It is finished at the next start, or when it is asked for again.')
    return shown('absent', 0, 0)
  }

  /**
   * Begins to load, or goes on; whoever asks while it is there becomes a viewer of it. Throws `forbidden`, and `conflict` where somebody made
   * a workspace of that name by hand.
   */
  async load(asker: Asker): Promise<DemoState> {
    const { directory, db } = this.#o
    const { user } = asker
    if (user && !directory.workspacesOf(user.id).some(({ role }) => role === 'owner' || role === 'admin'))
      throw new CairnError('forbidden', 'The demo is for whoever is owner or admin of a workspace. Ask one of them.')
    await this.#inTurn(async () => {
      const found = await db.selectFrom('demo').selectAll().executeTakeFirst()
      if (!found && directory.workspaceBySlug(SLUG))
        throw new CairnError('conflict', 'There is a workspace "demo" that is not the demo; it is left as it is. The demo needs that name.')
      if (found && (this.#load || found.state === 'ready')) {
        await this.#join(found.workspace_id, asker)
        return
      }
      this.#failure = undefined
      const owners = found ? await this.#ownersOf(found.workspace_id) : []
      if (found) await removeWorkspace(this.#o, found.workspace_id)
      await resumeRemovals(this.#o)
      const made = await this.#make(asker, owners)
      this.#begin(made)
    })
    return this.state()
  }

  /** Returns once it is removed. Throws `forbidden` for whoever is not its owner. */
  async remove({ user }: Asker): Promise<DemoState> {
    const { directory, db } = this.#o
    await this.#inTurn(async () => {
      const found = await db.selectFrom('demo').selectAll().executeTakeFirst()
      if (user && found && directory.roleOf(found.workspace_id, user.id) !== 'owner')
        throw new CairnError('forbidden', 'The demo is removed by its owner. Ask them, or run `cairn demo --remove` on the server.')
      this.#removing = true
      try {
        await this.#halt()
        if (found) await removeWorkspace(this.#o, found.workspace_id)
        await resumeRemovals(this.#o)
      } finally {
        this.#removing = false
      }
    })
    return this.state()
  }

  /** A load that runs ends before it is done. */
  async stop(): Promise<void> {
    await this.#halt()
    await this.#turn
  }

  async #halt(): Promise<void> {
    const running = this.#load
    running?.stop.abort(new Error('The load was stopped.'))
    await running?.ended
  }

  /** The workspace with its owners: whoever asked; for the command line, the owners of the first workspace. */
  async #make({ user, by }: Asker, before: readonly User[]): Promise<{ workspaceId: number; timezone: string }> {
    const { db, directory, clock } = this.#o
    const [first] = directory.workspaces()
    const asked = user ? [user] : first ? await this.#ownersOf(first.id) : []
    const owners = new Map([...before, ...asked].map((owner) => [owner.id, owner]))
    const now = clock.now()
    const timezone = first?.timezone ?? 'UTC'
    const workspaceId = await change(db, async (trx) => {
      // As old as what it tells of: what came before a workspace was made counts as not tracked.
      const workspace = await insertWorkspace(trx, { slug: SLUG, name: 'Demo', timezone, now: beginningOf(dayOf(now, timezone), timezone) })
      await trx.insertInto('demo').values({ workspace_id: workspace.id, state: 'loading', events: 0, updated_at: now }).execute()
      const told = [workspaceMade(workspace, { by, now })]
      for (const { id, email } of owners.values()) {
        await insertMember(trx, { workspaceId: workspace.id, userId: id, role: 'owner', now })
        told.push(memberAdded(workspace.id, email, 'owner', { by, now }))
      }
      return { answer: workspace.id, told }
    })
    await directory.refresh()
    return { workspaceId, timezone }
  }

  #begin(made: { workspaceId: number; timezone: string }): void {
    const stop = new AbortController()
    const running: Running = { done: 0, total: 0, stop, ended: Promise.resolve() }
    const work = async (): Promise<void> => {
      try {
        await this.#run(made, running)
      } catch (error) {
        if (stop.signal.aborted) return
        this.#failure = 'Loading failed; the log says why. Load again to begin anew, or remove what there is.'
        this.#o.log.error({ err: error }, 'the demo could not be loaded')
      } finally {
        this.#load = undefined
      }
    }
    this.#load = running
    running.ended = work()
  }

  async #run({ workspaceId, timezone }: { workspaceId: number; timezone: string }, running: Running): Promise<void> {
    const { db, directory, clock, log, send } = this.#o
    const key = async (kind: 'write' | 'secret'): Promise<string> =>
      (await createKey(db, { workspaceId, kind, name: KEY_NAME, by: LOCAL, now: clock.now() })).plain
    const [writeKey, secretKey] = [await key('write'), await key('secret')]
    await directory.refresh()
    const { signal } = running.stop
    const onProgress = (done: number, total: number): void => void Object.assign(running, { done, total })
    const { sent } = await fill(send, { writeKey, secretKey, timezone, untilMs: clock.now(), signal, onProgress })
    signal.throwIfAborted()
    await db.updateTable('demo').set({ state: 'ready', events: sent, updated_at: clock.now() }).where('workspace_id', '=', workspaceId).execute()
    log.info({ workspace: workspaceId, events: sent }, 'the demo is loaded')
  }

  async #join(workspaceId: number, { user, by }: Asker): Promise<void> {
    const { db, directory, clock } = this.#o
    if (!user || directory.roleOf(workspaceId, user.id) !== undefined) return
    const now = clock.now()
    await change(db, async (trx) => {
      const added = await insertMember(trx, { workspaceId, userId: user.id, role: 'viewer', now })
      return { answer: undefined, told: added ? [memberAdded(workspaceId, user.email, 'viewer', { by, now })] : [] }
    })
    await directory.refresh()
  }

  #ownersOf(workspaceId: number): Promise<User[]> {
    return this.#o.db
      .selectFrom('members')
      .innerJoin('users', 'users.id', 'members.user_id')
      .select(['users.id as id', 'users.email as email'])
      .where('workspace_id', '=', workspaceId)
      .where('role', '=', 'owner')
      .execute()
  }

  /** One decision after the other: two who press the button at once make one demo. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }
}

interface User {
  id: string
  email: string
}
