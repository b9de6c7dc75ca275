import type { IncomingMessage } from 'node:http'
import type { Question } from '@cairn/wire/questions/question'
import { CairnError } from '../base/errors.ts'
import type { Actor } from '../catalog/audit.ts'
import type { Directory, DirectoryWorkspace } from '../catalog/directory.ts'
import type { CatalogTransaction } from '../catalog/schema.ts'
import { readMoment } from '../ingest/moment.ts'
import { changeSaved, createSaved, listSaved, listVersions, readSaved, removeSaved, showSaved, type Asking, type Kind, type Page, type Saved } from './saved.ts'
import type { Pace } from '../http/pace.ts'
import type { CohortDeps } from './cohorts.ts'
import type { Within } from './within.ts'

export interface BoardDeps extends CohortDeps {
  pace: Pace
  /** Of the client, for the limit on guessing. */
  addressOf(request: IncomingMessage): string
  /** What a question is answered with; questions/ask.ts. Throws `invalid`. */
  ask(workspace: { id: number; timezone: string }, question: Question, signal: AbortSignal): Promise<object>
  directory: Pick<Directory, 'workspace'>
  within: Within
}

/** The parts of a call that are needed here. */
export interface Asked {
  workspace: DirectoryWorkspace
  by: Actor
  params: Readonly<Record<string, string>>
}
interface Paged extends Asked {
  query: Page
}

/** What is answered alike whatever is saved. */
export const lifeOf = <K extends Kind>({ db, clock }: BoardDeps, kind: K, plural: string) => {
  const asking = ({ workspace, by }: Asked): Asking => ({ workspaceId: workspace.id, by, now: clock.now() })
  return {
    asking,
    list: async (call: Paged, query: Page = call.query, during: Parameters<typeof listSaved>[3]['during'] = {}) => {
      const { page, next_cursor } = await listSaved(db, kind, asking(call), { ...query, during })
      return { [plural]: page.map(showSaved), next_cursor }
    },
    create: async (call: Asked, make: Parameters<typeof createSaved<K>>[3], id?: string) => showSaved(await createSaved(db, kind, asking(call), make, id)),
    read: async (call: Asked) => showSaved(await readSaved(db, kind, asking(call), idIn(call))),
    change: async (call: Asked, version: number, to: Parameters<typeof changeSaved<K>>[3]['to']) =>
      showSaved(await changeSaved(db, kind, asking(call), { id: idIn(call), version, to })),
    remove: async (call: Asked, first?: (saved: Saved<K>, trx: CatalogTransaction) => Promise<void>) => {
      await removeSaved(db, kind, asking(call), idIn(call), first)
      return { success: true }
    },
    versions: async (call: Paged) => {
      const { page, next_cursor } = await listVersions(db, kind, asking(call), idIn(call), call.query)
      return { versions: page.map(showSaved), next_cursor }
    },
  }
}

export const idIn = ({ params }: Pick<Asked, 'params'>): string => params['id'] ?? ''

/** Throws `invalid` with the field's path. */
export function momentIn(name: string, said: string): number {
  const ms = readMoment(said)
  if (typeof ms === 'string') throw invalid(name, ms)
  return ms
}

export const invalid = (name: string, message: string): CairnError =>
  new CairnError('invalid', `The body is not valid. ${name} ${message}.`, { errors: [{ path: `/${name}`, message }] })
