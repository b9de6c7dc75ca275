import type { Static, TSchema } from 'typebox'
import { accountEndpoints } from './api/accounts.ts'
import { baselineEndpoints } from './api/baselines.ts'
import { boardEndpoints } from './api/boards.ts'
import { entityEndpoints } from './api/entities.ts'
import { eventEndpoints } from './api/events.ts'
import { jobEndpoints } from './api/jobs.ts'
import { operationsEndpoints } from './api/operations.ts'
import { peopleEndpoints } from './api/people.ts'
import { queryEndpoints } from './api/query.ts'
import { sessionEndpoints } from './api/sessions.ts'
import { workspaceEndpoints } from './api/workspace.ts'
import type { Endpoint } from './endpoint.ts'

/** Every endpoint in one table; `endpoint.ts` says what an endpoint is. The one thing beside it is the WebSocket of `live.ts`. */
export const endpoints = {
  ...eventEndpoints,
  ...queryEndpoints,
  ...peopleEndpoints,
  ...sessionEndpoints,
  ...entityEndpoints,
  ...baselineEndpoints,
  ...boardEndpoints,
  ...workspaceEndpoints,
  ...accountEndpoints,
  ...jobEndpoints,
  ...operationsEndpoints,
} as const satisfies Record<string, Endpoint>

export type EndpointName = keyof typeof endpoints
type Of<N extends EndpointName, K extends 'query' | 'body'> =
  (typeof endpoints)[N] extends Record<K, infer S extends TSchema> ? Static<S> : Record<string, never>
export type QueryOf<N extends EndpointName> = Of<N, 'query'>
export type BodyOf<N extends EndpointName> = Of<N, 'body'>
export type AnswerOf<N extends EndpointName> = Static<(typeof endpoints)[N]['answer']>
