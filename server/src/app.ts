import { randomUUID } from 'node:crypto'
import { endpoints, type EndpointName } from '@cairn/wire/api'
import { shortPath, type Endpoint } from '@cairn/wire/endpoint'
import { MAX_BODY_BYTES } from '@cairn/wire/event'
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { CairnError } from './base/errors.ts'
import type { Log } from './base/log.ts'
import { iso } from './base/time.ts'
import { asCairnError, problemOf } from './http/answer.ts'
import { authenticate, sentKey, type AuthDeps } from './http/auth.ts'
import { readBody } from './http/body.ts'
import type { Call, Handler, Handlers } from './http/call.ts'
import { makeCheck, makeNullDropper, makeQueryReader } from './http/check.ts'
import type { RequestCounts } from './ops/counts.ts'
import { answerPreflight, openToOrigins, securityHeaders, setMissing } from './http/headers.ts'
import { serveClients, type ClientsDeps } from './http/pages/clients.ts'
import { serveDocumentation } from './http/pages/documentation.ts'
import { asksForPage, sendPage, serveScreens, type ScreensDeps } from './http/pages/screens.ts'
import type { Refusals } from './http/refusals.ts'
import type { Staleness } from './ingest/freshness.ts'

export interface AppDeps extends AuthDeps, ClientsDeps, ScreensDeps {
  handlers: Handlers
  counts: RequestCounts
  refusals: Refusals
  /** Where the built screens lie. */
  screensDir: string
  publicUrl: string | undefined
  log: Log
  /** Notes that a key was used. */
  used(keyId: string): void
  /** Waits until the store holds what was acknowledged before the read; see ingest/freshness.ts. */
  settle(workspaceId: number, position: string | undefined): Promise<Staleness | undefined>
}

/**
 * The server: every endpoint of the table, with who may call it, what is checked, and errors as answers, each in one place.
 * A request: body → key → query and body checked → for reads, wait for the caller's own writes → the folder's handler → answer.
 */
export async function makeApp(deps: AppDeps): Promise<FastifyInstance> {
  const headers = securityHeaders(deps.publicUrl)
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1_024 },
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    // A browser keeps its connection for a minute or two; closing earlier makes it replay a POST.
    keepAliveTimeout: 120_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // Addresses that cannot be decoded and requests that are no HTTP get their answer before any route, in the same shape.
    frameworkErrors: (error, request, reply) => {
      const { status, body } = problemOf(error, request.id)
      const answer = reply as unknown as FastifyReply
      // No hook runs for them.
      setMissing(answer, headers)
      void answer.code(status).type('application/json').send(body)
    },
    clientErrorHandler: (_error, socket) => {
      if (!socket.writable) return
      const body = JSON.stringify(problemOf(new CairnError('malformed', 'The request is no HTTP that can be read.'), '').body)
      const head = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), Connection: 'close', ...headers }
      const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`)
      socket.end(`HTTP/1.1 400 Bad Request\r\n${lines.join('')}\r\n${body}`)
    },
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  // The body says by its content what it is (http/body.ts); a Content-Type that is malformed must not refuse it.
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.headers['content-type'] !== undefined) request.headers['content-type'] = 'application/json'
    done()
  })
  app.addHook('onSend', async (_request, reply) => setMissing(reply, headers))
  app.addHook('onResponse', async (request, reply) => {
    deps.counts.add(request.routeOptions.url ?? 'unknown', reply.statusCode, reply.elapsedTime)
  })
  app.setErrorHandler((error, request, reply) => {
    const { status, body, retryAfterSeconds } = problemOf(error, request.id)
    const cause = asCairnError(error)
    if (status >= 500 && status !== 503) deps.log.error({ err: error, request_id: request.id, route: request.routeOptions.url }, 'request failed')
    else if (status === 503) deps.log.warn({ err: cause?.cause ?? error, route: request.routeOptions.url }, 'request answered 503')
    if (retryAfterSeconds !== undefined) void reply.header('Retry-After', String(retryAfterSeconds))
    if (cause && isCollecting(request.routeOptions.url, deps)) noteRefusal(cause, request, deps)
    return reply.code(status).type('application/json').send(body)
  })
  app.setNotFoundHandler((request, reply) => {
    if (asksForPage(request)) return sendPage(reply.code(404), deps.screensDir)
    throw new CairnError('not_found', `There is no ${request.method} ${request.url.split('?')[0]}; the endpoints are listed at /api/docs.`)
  })
  for (const name of Object.keys(endpoints) as EndpointName[]) {
    const endpoint: Endpoint = endpoints[name]
    addEndpoint(app, name, endpoint, deps)
    const short = shortPath(endpoint)
    if (short !== undefined) addEndpoint(app, name, { ...endpoint, path: short }, deps)
  }
  if (deps.collectPath !== undefined) addEndpoint(app, 'logBatch', { ...endpoints.logBatch, path: deps.collectPath }, deps)
  await serveScreens(app, deps.screensDir, deps)
  await serveClients(app, deps)
  await serveDocumentation(app, deps.publicUrl)
  return app
}

function addEndpoint<N extends EndpointName>(app: FastifyInstance, name: N, endpoint: Endpoint, deps: AppDeps): void {
  const handler = deps.handlers[name] as Handler<N>
  const readQuery = makeQueryReader(endpoint.query)
  const dropNulls = makeNullDropper(endpoint.judgedByEvent ? undefined : endpoint.body)
  const checkBody = makeCheck(endpoint.judgedByEvent ? undefined : endpoint.body, 'The body is not valid.')
  const collects = endpoint.access === 'collect' || endpoint.access === 'person'
  if (collects) app.options(endpoint.path, answerPreflight)

  app.route({
    method: endpoint.method,
    url: endpoint.path,
    ...(collects ? { onRequest: openToOrigins } : {}),
    handler: async (request, reply) => {
      const body = (request.body = await readBody(request.body as Buffer | undefined, request.headers['content-encoding']))
      const { cookies = [], ...asker } = await authenticate({ request: request.raw, query: request.query, body }, endpoint, deps)
      for (const cookie of cookies) void reply.header('Set-Cookie', cookie)
      if (asker.by.kind === 'key' && !asker.person) deps.used(asker.by.id)
      const { query, paths } = readQuery(request.query as Record<string, unknown>)
      if (endpoint.body) {
        dropNulls(body)
        checkBody(body)
      }
      const position = request.headers['x-cairn-position'] as string | undefined
      const waits = endpoint.access === 'read' && (endpoint.answersAtOnce !== true || position !== undefined)
      const stale = waits && asker.workspace ? await deps.settle(asker.workspace.id, position) : undefined
      const call = { ...asker, query, paths, body, params: request.params, request, reply } as unknown as Call<N>
      return withStaleness(await handler(call), stale, reply)
    },
  })
}

const collecting: ReadonlySet<string> = new Set(
  Object.values(endpoints)
    .filter(({ access }) => access === 'collect')
    .map(({ path }) => path),
)
const isCollecting = (path: string | undefined, { collectPath }: ClientsDeps): boolean => path !== undefined && (collecting.has(path) || path === collectPath)

/** The key may stand in the body, which is there where it could be read. */
function noteRefusal(error: CairnError, request: FastifyRequest, { refusals, directory }: AppDeps): void {
  const key = sentKey({ request: request.raw, query: request.query, body: request.body })
  const workspaceId = key === undefined ? undefined : directory.keyOf(key)?.workspaceId
  refusals.note({ error, key, workspaceId, origin: request.headers.origin })
}

function withStaleness(answer: unknown, stale: Staleness | undefined, reply: FastifyReply): unknown {
  if (!stale) return answer
  void reply.header('X-Cairn-Stale', String(stale.lag_ms))
  if (typeof answer !== 'object' || answer === null || Object.getPrototypeOf(answer) !== Object.prototype) return answer
  const meta = 'meta' in answer && typeof answer.meta === 'object' ? answer.meta : {}
  const fresh = meta && 'fresh_to' in meta && typeof meta.fresh_to === 'string' ? { fresh_to: iso(Date.parse(meta.fresh_to) - stale.lag_ms) } : {}
  return { ...answer, meta: { ...meta, ...fresh, ...stale } }
}
