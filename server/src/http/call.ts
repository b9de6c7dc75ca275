import type { BodyOf, EndpointName, QueryOf } from '@cairn/wire/api'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { DirectoryKey, DirectoryWorkspace } from '../catalog/directory.ts'

/** One request, known and checked: who asks, in which workspace, and for what. */
export interface Call<N extends EndpointName> {
  key: DirectoryKey
  workspace: DirectoryWorkspace
  query: QueryOf<N>
  /** Query parameters beyond the declared ones: metadata.<path> and context.<path>. */
  paths: ReadonlyArray<{ field: 'metadata' | 'context'; path: string; value: string }>
  body: BodyOf<N>
  params: Readonly<Record<string, string>>
  request: FastifyRequest
  reply: FastifyReply
}

export type Handler<N extends EndpointName> = (call: Call<N>) => Promise<unknown>
/** One handler for each endpoint; a folder gives those that are its own, compose.ts puts them together, and a missing one does not compile. */
export type Handlers = { [N in EndpointName]: Handler<N> }
