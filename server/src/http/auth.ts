import { hash, timingSafeEqual } from 'node:crypto'
import type { Access } from '@cairn/wire/api'
import type { FastifyRequest } from 'fastify'
import { CairnError } from '../base/errors.ts'
import type { Directory, DirectoryKey, DirectoryWorkspace } from '../catalog/directory.ts'

export interface Asker {
  key: DirectoryKey
  workspace: DirectoryWorkspace
}

export interface AuthDeps {
  directory: Directory
  /** Of this run: who can read it from the data folder is trusted like the person who started the server. */
  localToken: string
}

/**
 * Who asks. The key comes as `Authorization: Bearer`; where a browser cannot set headers a write key may stand in the query or in the body.
 * A secret key is not taken from there: addresses end up in logs and histories.
 */
export function authenticate(request: FastifyRequest, body: unknown, access: Access, { directory, localToken }: AuthDeps): Asker {
  const bearer = readBearer(request.headers.authorization)
  if (bearer !== undefined && isLocalToken(bearer, localToken)) return asLocal(request, directory)
  const raw = bearer ?? readWriteKey(request.query) ?? readWriteKey(body)
  if (raw === undefined) throw new CairnError('unauthorized', 'No key was sent; send "Authorization: Bearer <key>".')
  const key = directory.keyOf(raw)
  const workspace = key && directory.workspace(key.workspaceId)
  if (!key || !workspace) throw new CairnError('unauthorized', 'The key is not known, or was revoked.')
  if (key.kind === 'write') {
    if (access !== 'collect') throw new CairnError('forbidden', 'This needs a secret key; a write key may only add data.')
  } else if (bearer === undefined) throw new CairnError('forbidden', 'A secret key is taken from the Authorization header only.')
  return { key, workspace }
}

/** Tells the token from keys, so that requests with a key need not be compared with it. */
export const LOCAL_TOKEN_PREFIX = 'cl_'
/** Counted by in the ledger, like the id of a key. */
const LOCAL_KEY_ID = 'local'

const isLocalToken = (bearer: string, token: string): boolean =>
  bearer.startsWith(LOCAL_TOKEN_PREFIX) && timingSafeEqual(hash('sha256', bearer, 'buffer'), hash('sha256', token, 'buffer'))

/** The command line on this machine: a secret key of whichever workspace the header names. */
function asLocal(request: FastifyRequest, directory: Directory): Asker {
  if (!isFromHere(request)) throw new CairnError('unauthorized', 'This token is taken from the server’s own machine only.')
  const named = request.headers['x-cairn-workspace']
  const slug = typeof named === 'string' && named !== '' ? named : 'default'
  const workspace = directory.workspaceBySlug(slug)
  if (!workspace) throw new CairnError('not_found', 'There is no such workspace. `cairn workspace list` shows those there are.')
  return { key: { keyId: LOCAL_KEY_ID, kind: 'secret', workspaceId: workspace.id }, workspace }
}

const readBearer = (header: string | undefined): string | undefined => /^bearer\s+(\S+)\s*$/i.exec(header ?? '')?.[1]

function readWriteKey(source: unknown): string | undefined {
  if (typeof source !== 'object' || source === null || !('write_key' in source)) return undefined
  return typeof source.write_key === 'string' ? source.write_key : undefined
}

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/
export const isLoopback = (request: FastifyRequest): boolean =>
  LOOPBACK.test(request.socket.remoteAddress ?? '') && request.headers['x-forwarded-for'] === undefined

/** Loopback, or both ends have one address: a server that listens on one outer address only is reached from its own machine by that. */
const isFromHere = (request: FastifyRequest): boolean =>
  isLoopback(request) || (request.socket.remoteAddress === request.socket.localAddress && request.headers['x-forwarded-for'] === undefined)
