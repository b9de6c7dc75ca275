import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Endpoint } from '@cairn/wire/endpoint'
import { atLeast, type Role } from '@cairn/wire/roles'
import { CairnError } from '../base/errors.ts'
import { LOCAL, type Actor } from '../catalog/audit.ts'
import type { Directory, DirectoryKey, DirectoryWorkspace } from '../catalog/directory.ts'
import { requireOwnOrigin } from './origin.ts'

/** Somebody with an account, signed in. */
export interface SignedIn {
  id: string
  name: string
  email: string
}

/** The other end of a request. */
export interface Client {
  /** For limits while the request is answered, never to be kept; of IPv6 the /64. '' where it is not known. */
  address: string
  /** Address with its last part left out; '' where it is not known. */
  network: string
  browser: string
  /** Whether it came over TLS, by our own settings or the word of a trusted proxy. */
  secure: boolean
}

/** Somebody who asks by the token of their log-in. */
export interface Person {
  workspaceId: number
  userId: string
  sessionId: string
}

export interface Asker {
  key?: DirectoryKey
  workspace?: DirectoryWorkspace
  user?: SignedIn
  person?: Person
  by: Actor
  /** Set-Cookie of a session that was renewed by this request. */
  cookies?: readonly string[]
}

export interface AuthDeps {
  directory: Directory
  /** Of this run: who can read it from the data folder is trusted like the person who started the server. */
  localToken: string
  publicUrl: string | undefined
  /** Whose session the cookie is of; accounts/sessions.ts. `cookies` renew it. */
  whoIs(request: IncomingMessage): Promise<{ user: SignedIn; cookies: readonly string[] } | undefined>
  client(request: IncomingMessage): Client
  /** Whose log-in the token names, if it is open; sessions/login.ts. */
  personOf(token: string): Promise<Person | undefined>
}

interface Asked {
  request: IncomingMessage
  query: unknown
  body: unknown
}

/**
 * Who asks, and whether they may. A key comes as `Authorization: Bearer`; where a browser cannot set headers a write key may stand in the query
 * or in the body. A secret key is not taken from there: addresses end up in logs and histories. Without a key the session cookie counts,
 * in the workspace that X-Cairn-Workspace names; a workspace one is no member of is one that does not exist.
 */
export async function authenticate(asked: Asked, endpoint: Endpoint, deps: AuthDeps): Promise<Asker> {
  const { request } = asked
  const { access } = endpoint
  const actor = actorOf(request, deps)
  if (access === 'open') {
    if (endpoint.method !== 'GET') requireOwnOrigin(request.headers, deps.publicUrl)
    return { by: actor('user', '', '') }
  }
  if (access === 'local' && isLoopback(request)) return { by: actor('user', '', '') }
  const bearer = readBearer(request.headers.authorization)
  if (bearer !== undefined && isLocalToken(bearer, deps.localToken)) return asLocal(request, access, deps.directory)
  const raw = sentKey(asked)
  if (raw !== undefined) {
    const person = access === 'person' && bearer !== undefined ? await personWith(bearer, deps) : undefined
    if (person) return asPerson(person, actor, deps.directory)
    return withKey(raw, bearer !== undefined, endpoint, actor, deps.directory)
  }
  const session = access === 'local' ? undefined : await deps.whoIs(request)
  if (!session) throw noSession(access)
  if (endpoint.method !== 'GET') requireOwnOrigin(request.headers, deps.publicUrl)
  const { user, cookies } = session
  const by = actor('user', user.id, user.email)
  if (access === 'user') return { user, by, cookies }
  const workspace = memberOf(user, request.headers['x-cairn-workspace'], leastRole(endpoint), deps.directory)
  return { key: { keyId: `user:${user.id}`, kind: 'secret', workspaceId: workspace.id, name: user.email }, workspace, user, by, cookies }
}

/** What was sent as the key, known or not. */
export const sentKey = ({ request, query, body }: Asked): string | undefined =>
  readBearer(request.headers.authorization) ?? readWriteKey(query) ?? readWriteKey(body)

/** Somebody who watches over a connection that stays open. */
export interface Watcher {
  workspace: DirectoryWorkspace
  /** E-mail of the user, name of the key. */
  actor: string
  by: Actor
  userId?: string
  /** Whether they still may: 401 once the key is revoked or the session has ended, 403 once they are no member any more. */
  standing(): Promise<'ok' | 401 | 403>
}

/**
 * Who opens a WebSocket: a page of this server with a session cookie and `?workspace=<slug>`, or a secret key. Browsers let any page open one
 * and send cookies along, so with a cookie the origin is asked for whatever the method.
 */
export async function authenticateUpgrade(request: IncomingMessage, deps: AuthDeps): Promise<Watcher> {
  const { directory } = deps
  const bearer = readBearer(request.headers.authorization)
  const slug = URL.parse(request.url ?? '', 'http://localhost')?.searchParams.get('workspace') ?? undefined
  if (bearer !== undefined) {
    const local = isLocalToken(bearer, deps.localToken)
    const { workspace, by } = local ? asLocal(request, 'read', directory, slug) : withKey(bearer, true, { access: 'read' }, actorOf(request, deps), directory)
    if (!workspace) throw noSession('read')
    // The digest, so that no plain key stays in memory.
    const digest = hash('sha256', bearer, 'hex')
    return { workspace, actor: by.name, by, standing: async () => (local || directory.keyByDigest(digest) ? 'ok' : 401) }
  }
  const session = await deps.whoIs(request)
  if (!session) throw noSession('read')
  requireOwnOrigin(request.headers, deps.publicUrl)
  const { user } = session
  const workspace = memberOf(user, slug, 'viewer', directory)
  return {
    workspace,
    actor: user.email,
    by: actorOf(request, deps)('user', user.id, user.email),
    userId: user.id,
    standing: async () => {
      if (directory.roleOf(workspace.id, user.id) === undefined) return 403
      return (await deps.whoIs(request)) ? 'ok' : 401
    },
  }
}

/** Tells the token from keys, so that requests with a key need not be compared with it. */
export const LOCAL_TOKEN_PREFIX = 'cl_'

type MakeActor = (kind: Actor['kind'], id: string, name: string) => Actor

/** Where a request came from is read only when something is written down: most requests bring events, and change nothing. */
const actorOf =
  (request: IncomingMessage, deps: Pick<AuthDeps, 'client'>): MakeActor =>
  (kind, id, name) => ({
    kind,
    id,
    name,
    get from() {
      const { network, browser } = deps.client(request)
      return [network, browser].filter((part) => part !== '').join(' ')
    },
  })

/** Least role of somebody signed in. */
export const leastRole = ({ role, access }: Endpoint): Role =>
  role ?? (access === 'read' ? 'viewer' : access === 'collect' || access === 'person' ? 'analyst' : 'admin')

/** Shorter ones could be guessed, and are taken in place of a session's id only. */
const SHORTEST_TOKEN = 32
const personWith = async (token: string, deps: AuthDeps): Promise<Person | undefined> =>
  token.length < SHORTEST_TOKEN || deps.directory.keyOf(token) ? undefined : deps.personOf(token)

function asPerson(person: Person, actor: MakeActor, directory: Directory): Asker {
  const workspace = directory.workspace(person.workspaceId)
  if (!workspace) throw new CairnError('unauthorized', 'The token is not known, or its session has ended.')
  return {
    key: { keyId: 'person', kind: 'write', workspaceId: workspace.id, name: person.userId },
    workspace,
    person,
    by: actor('key', 'person', person.userId),
  }
}

/**
 * Whom a call is about: the person themselves where they ask, else whoever is named. Throws `forbidden` where a person names another, `invalid`
 * where nobody is named.
 */
export function userOf({ person }: { person: Person | undefined }, named: string | undefined): string {
  if (person && named !== undefined && named !== person.userId)
    throw new CairnError('forbidden', 'The token of a log-in speaks for its own person only; leave user_id out, or use a secret key.')
  const userId = person?.userId ?? named
  if (userId === undefined || userId === '')
    throw new CairnError('invalid', 'user_id is required: it says whom this is about.', { errors: [{ path: '/user_id', message: 'is required' }] })
  return userId
}

function withKey(raw: string, inHeader: boolean, { access, writeKey }: Pick<Endpoint, 'access' | 'writeKey'>, actor: MakeActor, directory: Directory): Asker {
  const key = directory.keyOf(raw)
  const workspace = key && directory.workspace(key.workspaceId)
  if (!key || !workspace) throw new CairnError('unauthorized', 'The key is not known, or was revoked.')
  if (access === 'user') throw new CairnError('forbidden', 'This needs somebody signed in: a key belongs to a workspace, not to a person.')
  if (key.kind === 'write') {
    if (access !== 'collect' && writeKey !== true) throw new CairnError('forbidden', 'This needs a secret key; a write key may only add data.')
  } else if (!inHeader) throw new CairnError('forbidden', 'A secret key is taken from the Authorization header only.')
  return { key, workspace, by: actor('key', key.keyId, key.name) }
}

/** The command line on this machine: a secret key of whichever workspace the header names, and whoever is signed in. */
function asLocal(request: IncomingMessage, access: Endpoint['access'], directory: Directory, slug = readSlug(request.headers['x-cairn-workspace'])): Asker {
  if (!isFromHere(request)) throw new CairnError('unauthorized', 'This token is taken from the server’s own machine only.')
  if (access === 'user') return { by: LOCAL }
  const workspace = directory.workspaceBySlug(slug ?? 'default')
  if (!workspace) throw new CairnError('not_found', 'There is no such workspace. `cairn workspace list` shows those there are.')
  return { key: { keyId: LOCAL.id, kind: 'secret', workspaceId: workspace.id, name: LOCAL.name }, workspace, by: LOCAL }
}

/** Throws the same for a workspace of others and for one that does not exist. */
function memberOf(user: SignedIn, header: string | string[] | undefined, least: Role, directory: Directory): DirectoryWorkspace {
  const workspace = workspaceNamed(user, readSlug(header), directory)
  const role = workspace && directory.roleOf(workspace.id, user.id)
  if (!workspace || role === undefined)
    throw new CairnError('not_found', 'There is no such workspace, or you are no member of it. GET /api/account lists yours.')
  if (!atLeast(role, least)) throw new CairnError('forbidden', `This needs the role ${least}; you are ${role} here.`)
  return workspace
}

function workspaceNamed(user: SignedIn, slug: string | undefined, directory: Directory): DirectoryWorkspace | undefined {
  if (slug !== undefined) return directory.workspaceBySlug(slug)
  const [only, another] = directory.workspacesOf(user.id)
  if (another) {
    throw new CairnError('invalid', 'You are a member of several workspaces: name one by the header X-Cairn-Workspace.', {
      errors: [{ path: '/x-cairn-workspace', message: 'is required' }],
    })
  }
  return only?.workspace
}

const noSession = (access: Endpoint['access']): CairnError =>
  new CairnError(
    'unauthorized',
    access === 'user'
      ? 'Nobody is signed in, or the session has ended: sign in.'
      : 'No key was sent, and nobody is signed in; send "Authorization: Bearer <key>", or sign in.',
  )

const isLocalToken = (bearer: string, token: string): boolean =>
  bearer.startsWith(LOCAL_TOKEN_PREFIX) && timingSafeEqual(hash('sha256', bearer, 'buffer'), hash('sha256', token, 'buffer'))

const readSlug = (header: string | string[] | undefined): string | undefined => (typeof header === 'string' && header !== '' ? header : undefined)
const readBearer = (header: string | undefined): string | undefined => /^bearer\s+(\S+)\s*$/i.exec(header ?? '')?.[1]

function readWriteKey(source: unknown): string | undefined {
  if (typeof source !== 'object' || source === null || !('write_key' in source)) return undefined
  return typeof source.write_key === 'string' ? source.write_key : undefined
}

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/
const isLoopback = (request: IncomingMessage): boolean => LOOPBACK.test(request.socket.remoteAddress ?? '') && request.headers['x-forwarded-for'] === undefined

/** Loopback, or both ends have one address: a server that listens on one outer address only is reached from its own machine by that. */
const isFromHere = (request: IncomingMessage): boolean =>
  isLoopback(request) || (request.socket.remoteAddress === request.socket.localAddress && request.headers['x-forwarded-for'] === undefined)
