import { entityEndpoints } from '@cairn/wire/api/entities'
import { CairnError } from '../base/errors.ts'
import { iso } from '../base/time.ts'
import { note } from '../catalog/audit.ts'
import type { CatalogTransaction } from '../catalog/schema.ts'
import type { Call, Handlers } from '../http/call.ts'
import { once, requestAsked, requestId } from '../outbox/outbox.ts'
import type { AssignmentChange } from './assignments.ts'
import type { EntityDeps } from './deps.ts'
import { say, type Entity, type EntityName, type Said } from './entity.ts'
import { register } from './known.ts'
import { entityOf, noSuch } from './names.ts'
import { momentSaid } from '../ingest/said.ts'

type Names = 'putEntity' | 'patchEntity' | 'deleteEntity' | 'assign' | 'unassign' | 'putEntities'

/** What hosts say about their things. The catalog decides; the answer goes out once that is done, and the event store follows. */
export const writeRoutes = (deps: EntityDeps): Pick<Handlers, Names> => ({
  putEntity: (call) => write(deps, call, (at) => ({ at, attributes: { ...call.body.attributes }, whole: true, assignment: setOf(call.body.assignees, at) })),
  patchEntity: (call) =>
    write(deps, call, (at) => ({ at, attributes: { ...call.body.attributes }, assignment: setOf(call.body.assignees, at) }), { mustExist: true }),
  deleteEntity: async (call) => {
    await write(deps, call, (at) => ({ at, deleted: true }), { mustExist: true })
    return { success: true }
  },
  assign: (call) => write(deps, call, (at) => ({ at, assignment: one(call, 'add', at) }), { mustExist: true }),
  unassign: (call) => write(deps, call, (at) => ({ at, assignment: one(call, 'remove', at) }), { mustExist: true }),
  putEntities: async (call) => {
    const now = deps.clock.now()
    const rejected: Rejected[] = []
    const items: Item[] = []
    for (const [index, item] of call.body.entities.entries()) {
      try {
        items.push({ index, ...readItem(call.workspace.id, item, now) })
      } catch (error) {
        if (!(error instanceof CairnError)) throw error
        rejected.push({ index, code: error.code, message: error.message })
      }
    }
    const made: EntityName[] = []
    for (let first = 0; first < items.length; first += IN_ONE_TRANSACTION) {
      const written = await writeItems(deps, call, items.slice(first, first + IN_ONE_TRANSACTION), now)
      made.push(...written.made)
      rejected.push(...written.rejected)
    }
    rejected.sort((a, b) => a.index - b.index)
    await deps.relay.flush()
    await deps.waiting.replay(call.workspace, made)
    const failed = rejected.length > 0 && rejected.length === call.body.entities.length
    if (failed) void call.reply.code(422)
    return { success: !failed, accepted: call.body.entities.length - rejected.length, rejected }
  },
})

/** Short enough for other writers to wait for. */
const IN_ONE_TRANSACTION = 50

interface Item {
  /** Place in the request. */
  index: number
  name: EntityName
  said: Said
}
interface Rejected {
  index: number
  code: string
  message: string
}

/** In one transaction. One that would be too large is left out, and the others are written anew: of a transaction that failed nothing is there. */
async function writeItems(
  deps: EntityDeps,
  call: Call<'putEntities'>,
  items: readonly Item[],
  now: number,
): Promise<{ made: EntityName[]; rejected: Rejected[] }> {
  const rejected: Rejected[] = []
  for (let left = items; ;) {
    let written = 0
    try {
      const made = await deps.db.transaction().execute(async (trx) => {
        const appearing: EntityName[] = []
        for (const { name, said } of left) {
          await register(trx, name, now)
          const { appeared } = await say(trx, name, [said], { now, node: deps.node, keyId: call.key.keyId })
          if (appeared) appearing.push(name)
          await noteChange(trx, call, name, now)
          written++
        }
        return appearing
      })
      return { made, rejected }
    } catch (error) {
      const culprit = left[written]
      if (!culprit || !(error instanceof CairnError) || error.code !== 'invalid') throw error
      rejected.push({ index: culprit.index, code: error.code, message: error.message })
      left = left.filter((item) => item !== culprit)
    }
  }
}

type Writes = Call<'putEntity'> | Call<'patchEntity'> | Call<'deleteEntity'> | Call<'assign'> | Call<'unassign'>

async function write(deps: EntityDeps, call: Writes, read: (at: number) => Said, { mustExist = false } = {}): Promise<{ success: true; entity: object }> {
  const { workspace, request, key } = call
  const now = deps.clock.now()
  const name = entityOf(workspace.id, call.params)
  const body = (call.body ?? {}) as Record<string, unknown>
  const said = read(momentSaid(body, now))
  let appeared = false
  const answer = await deps.db.transaction().execute((trx: CatalogTransaction) =>
    once(trx, { workspaceId: workspace.id, id: requestId(workspace.id, body, request.headers), request: requestAsked(request, body), now }, async () => {
      if (!mustExist) await register(trx, name, now)
      const written = await say(trx, name, [said], { now, node: deps.node, keyId: key.keyId }, (before) => {
        if (mustExist && (before.version === 1 || before.deletedAt !== null)) throw noSuch(name)
      })
      appeared = written.appeared
      await noteChange(trx, call, name, now)
      return { success: true as const, entity: show(written.entity) }
    }),
  )
  await deps.relay.flush()
  if (appeared) await deps.waiting.replay(workspace, [name])
  return answer
}

/** What somebody does by hand is told; what a host tells by its key is its data. */
export async function noteChange(
  trx: CatalogTransaction,
  { user, by, request }: Pick<Writes, 'user' | 'by' | 'request'>,
  name: EntityName,
  now: number,
): Promise<void> {
  if (!user) return
  const action = request.method === 'DELETE' && !request.url.includes('/assignees/') ? 'entity.deleted' : 'entity.changed'
  await note(trx, { workspaceId: name.workspaceId, by, action, target: `${name.entityType} ${name.entityId}`, now })
}

const setOf = (assignees: readonly string[] | undefined, at: number): AssignmentChange | undefined =>
  assignees && { at, change: 'set', userIds: assignees, why: 'replaced' }

const one = ({ params }: Call<'assign'> | Call<'unassign'>, change: 'add' | 'remove', at: number): AssignmentChange => ({
  at,
  change,
  userIds: [params['user_id'] ?? ''],
  why: 'deleted',
})

/** One of a batch, checked as the body of its own route is. */
function readItem(workspaceId: number, item: unknown, now: number): { name: EntityName; said: Said } {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) throw invalid('/', 'must be an object')
  const { entity_type: type, entity_id: id, attributes = {}, assignees, merge = false, ...rest } = item as Record<string, unknown>
  const unknown = Object.keys(rest).find((field) => !(field in entityEndpoints.putEntity.body.properties))
  if (unknown !== undefined) throw invalid(`/${unknown}`, 'is not known here; what is said of an entity stands in attributes')
  if (typeof type !== 'string') throw invalid('/entity_type', 'must be text')
  if (typeof id !== 'string' && typeof id !== 'number') throw invalid('/entity_id', 'must be text or a number')
  if (typeof attributes !== 'object' || attributes === null || Array.isArray(attributes)) throw invalid('/attributes', 'must be an object')
  if (assignees !== undefined && !(Array.isArray(assignees) && assignees.every((user) => typeof user === 'string' && user !== '' && user.length <= 255)))
    throw invalid('/assignees', 'must be a list of user_ids')
  const at = momentSaid(rest, now)
  return {
    name: entityOf(workspaceId, { entity_type: type, entity_id: String(id) }),
    said: { at, attributes: attributes as Record<string, unknown>, whole: merge !== true, assignment: setOf(assignees as string[] | undefined, at) },
  }
}

const invalid = (path: string, message: string): CairnError =>
  new CairnError('invalid', `${path.slice(1) || 'entity'} ${message}.`, { errors: [{ path, message }] })

export const show = (entity: Entity): object => ({
  entity_type: entity.entityType,
  entity_id: entity.entityId,
  attributes: entity.attributes,
  assignees: entity.assignments.flatMap(({ userId, unassignedAt }) => (unassignedAt === null ? [userId] : [])),
  created_at: iso(entity.createdAt),
  updated_at: iso(entity.updatedAt),
})
