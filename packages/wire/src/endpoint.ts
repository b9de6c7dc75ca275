import Type, { type TSchema } from 'typebox'
import type { Role } from './roles.ts'

/**
 * What an endpoint is. The tables in api/ list them; routes, checks, OpenAPI, docs, the screens' client and the tenancy test are made from
 * those tables; a handler that is missing does not compile.
 *
 * access, by who may call:
 * - `collect`: a write or a secret key, from any origin
 * - `person`: a secret key; or a person by the token of their log-in (32 characters or more), for themselves; with `writeKey` a write key too; from
 *   any origin
 * - `read`, `manage`: a secret key; or somebody signed in, as a member of the workspace that the header X-Cairn-Workspace names
 * - `user`: somebody signed in, whatever the workspace
 * - `open`: anybody
 * - `local`: loopback, or a secret key
 */
export type Access = 'collect' | 'person' | 'read' | 'manage' | 'user' | 'open' | 'local'

export interface Endpoint {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  access: Access
  /** Of access `person`: a write key may call it as well. */
  writeKey?: true
  /** Least role of somebody signed in; where absent, `read` takes a viewer, `collect` and `person` an analyst and `manage` an admin. */
  role?: Role
  summary: string
  query?: TSchema
  body?: TSchema
  answer: TSchema
  /** Every event of the body is judged alone, by the way in; the route as a whole does not refuse the body for its shape. */
  judgedByEvent?: true
  /** A read that does not wait for what was acknowledged before it, unless the request names a position: it says how fresh it is. */
  answersAtOnce?: true
}

/** `/api/tasks/…` is `/api/entities/task/…`. */
export const shortPath = ({ path }: Pick<Endpoint, 'path'>): string | undefined => {
  const long = '/api/entities/:entity_type'
  return path === long || path.startsWith(`${long}/`) ? `/api/tasks${path.slice(long.length)}` : undefined
}

export const o = Type.Optional
export const text = (description: string, maxLength = 255) => Type.String({ maxLength, description })
export const id = (description: string) => Type.String({ minLength: 1, maxLength: 255, description })
export const flag = (description: string) => o(Type.Boolean({ description }))
export const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
export const Moment = Type.String({ description: 'ISO 8601, UTC.' })
export const Success = Type.Object({ success: Type.Boolean() })
/** Where a switch, an opt-out or a privacy signal may keep something from being recorded. */
export const notRecorded = { disabled: o(Type.Boolean()), reason: o(Type.String({ description: 'Why it was not recorded.' })) }
export const strict = { additionalProperties: false } as const
export const listOf = <N extends string, T extends TSchema>(name: N, item: T) =>
  Type.Object({ [name]: Type.Array(item), next_cursor: orNull(Type.String()) } as { [K in N]: ReturnType<typeof Type.Array<T>> } & {
    next_cursor: ReturnType<typeof orNull<ReturnType<typeof Type.String>>>
  })

export const range = {
  days: o(Type.Integer({ minimum: 1, maximum: 36_500, description: 'Today and the days before it, in the workspace’s time zone. Default 7.' })),
  from: o(text('First day (2026-12-01, inclusive) or moment.', 40)),
  to: o(text('Last day (inclusive) or moment (exclusive).', 40)),
  timezone: o(text('IANA time zone in which days are counted; the workspace’s where absent.', 64)),
}
export const page = {
  limit: o(Type.Integer({ minimum: 1, maximum: 1_000, description: 'Rows to answer. Default 50.' })),
  cursor: o(text('next_cursor of the page before.', 1_024)),
}
