import { randomUUID } from 'node:crypto'
import { endpoints, type Endpoint, type EndpointName } from '@cairn/wire/api'
import { MAX_BODY_BYTES } from '@cairn/wire/event'
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { CairnError } from './base/errors.ts'
import type { Log } from './base/log.ts'
import { iso } from './base/time.ts'
import { asCairnError, problemOf } from './http/answer.ts'
import { authenticate, isLoopback, type Asker, type AuthDeps } from './http/auth.ts'
import { readBody } from './http/body.ts'
import type { Call, Handler, Handlers } from './http/call.ts'
import { makeCheck, makeQueryReader } from './http/check.ts'
import { answerPreflight, openToOrigins } from './http/cors.ts'
import type { RequestCounts } from './http/counts.ts'
import { servePages } from './http/pages.ts'
import type { Staleness } from './ingest/freshness.ts'

export interface AppDeps extends AuthDeps {
  handlers: Handlers
  counts: RequestCounts
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
      void (reply as unknown as FastifyReply).code(status).type('application/json').send(body)
    },
    clientErrorHandler: (_error, socket) => {
      if (!socket.writable) return
      const body = JSON.stringify(problemOf(new CairnError('malformed', 'The request is no HTTP that can be read.'), '').body)
      socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`)
    },
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  // The body says by its content what it is (http/body.ts); a Content-Type that is malformed must not refuse it.
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.headers['content-type'] !== undefined) request.headers['content-type'] = 'application/json'
    done()
  })
  app.addHook('onSend', async (_request, reply) => {
    void reply.header('X-Content-Type-Options', 'nosniff').header('Referrer-Policy', 'strict-origin-when-cross-origin')
    if (!reply.hasHeader('Cache-Control')) void reply.header('Cache-Control', 'no-store')
  })
  app.addHook('onResponse', async (request, reply) => {
    deps.counts.add(request.routeOptions.url ?? 'unknown', reply.statusCode, reply.elapsedTime)
  })
  app.setErrorHandler((error, request, reply) => {
    const { status, body, retryAfterSeconds } = problemOf(error, request.id)
    const cause = asCairnError(error)
    if (status >= 500 && status !== 503) deps.log.error({ err: error, request_id: request.id, route: request.routeOptions.url }, 'request failed')
    else if (status === 503) deps.log.warn({ err: cause?.cause ?? error, route: request.routeOptions.url }, 'request answered 503')
    if (retryAfterSeconds !== undefined) void reply.header('Retry-After', String(retryAfterSeconds))
    return reply.code(status).type('application/json').send(body)
  })
  app.setNotFoundHandler((request) => {
    throw new CairnError('not_found', `There is no ${request.method} ${request.url.split('?')[0]}; the endpoints are listed at /api/docs.`)
  })
  for (const name of Object.keys(endpoints) as EndpointName[]) addEndpoint(app, name, deps)
  await servePages(app, deps.publicUrl)
  return app
}

function addEndpoint<N extends EndpointName>(app: FastifyInstance, name: N, deps: AppDeps): void {
  const endpoint: Endpoint = endpoints[name]
  const handler = deps.handlers[name] as Handler<N>
  const readQuery = makeQueryReader(endpoint.query)
  const checkBody = makeCheck(endpoint.judgedByEvent ? undefined : endpoint.body, 'The body is not valid.')
  const collects = endpoint.access === 'collect'
  if (collects) app.options(endpoint.path, answerPreflight)

  app.route({
    method: endpoint.method,
    url: endpoint.path,
    ...(collects ? { onRequest: openToOrigins } : {}),
    handler: async (request, reply) => {
      const body = await readBody(request.body as Buffer | undefined, request.headers['content-encoding'])
      const asker = ask(endpoint, request, body, deps)
      if (asker) deps.used(asker.key.keyId)
      const { query, paths } = readQuery(request.query as Record<string, unknown>)
      if (endpoint.body) checkBody(body)
      const stale =
        endpoint.access === 'read' && asker ? await deps.settle(asker.workspace.id, request.headers['x-cairn-position'] as string | undefined) : undefined
      const call = { ...asker, query, paths, body, params: request.params, request, reply } as unknown as Call<N>
      return withStaleness(await handler(call), stale, reply)
    },
  })
}

/** Open endpoints are asked by nobody in particular; their handlers do not look at the asker. */
function ask(endpoint: Endpoint, request: FastifyRequest, body: unknown, deps: AuthDeps): Asker | undefined {
  if (endpoint.access === 'open' || (endpoint.access === 'local' && isLoopback(request))) return undefined
  return authenticate(request, body, endpoint.access, deps)
}

function withStaleness(answer: unknown, stale: Staleness | undefined, reply: FastifyReply): unknown {
  if (!stale) return answer
  void reply.header('X-Cairn-Stale', String(stale.lag_ms))
  if (typeof answer !== 'object' || answer === null || Object.getPrototypeOf(answer) !== Object.prototype) return answer
  const meta = 'meta' in answer && typeof answer.meta === 'object' ? answer.meta : {}
  const fresh = meta && 'fresh_to' in meta && typeof meta.fresh_to === 'string' ? { fresh_to: iso(Date.parse(meta.fresh_to) - stale.lag_ms) } : {}
  return { ...answer, meta: { ...meta, ...fresh, ...stale } }
}
