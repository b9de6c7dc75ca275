import type { BodyOf, EndpointName, QueryOf } from '@cairn/wire/api'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Actor } from '../catalog/audit.ts'
import type { DirectoryKey, DirectoryWorkspace } from '../catalog/directory.ts'
import type { Person, SignedIn } from './auth.ts'

/** One request, known and checked: who asks, in which workspace, and for what. */
export interface Call<N extends EndpointName> {
  /** Of somebody signed in: a secret key of that workspace, with the id `user:<id>`. Not there for access `user` and `open`. */
  key: DirectoryKey
  /** Not there for access `user` and `open`. */
  workspace: DirectoryWorkspace
  /** Set where somebody is signed in. For access `user` it is absent only where the command line asks, which may do everything. */
  user: SignedIn | undefined
  /** Set where a person asks by the token of their log-in: they may speak for themselves only. */
  person: Person | undefined
  /** For the log of changes. For access `open` it names nobody: kind `user` with an empty name. */
  by: Actor
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
