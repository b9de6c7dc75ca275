import type { Readable } from 'node:stream'
import type { IncomingHttpHeaders } from 'node:http'
import { createRecorder, type ActivityOptions } from './activity.ts'
import { createForwarder, type MountOptions } from './forward.ts'

export type { ActivityOptions } from './activity.ts'
export type { MountOptions } from './forward.ts'

/** What is used of Fastify's request, reply and instance. */
export interface FastifyRequest {
  method: string
  url: string
  ip: string
  headers: IncomingHttpHeaders
  body?: unknown
  routeOptions: { url?: string | undefined }
}
export interface FastifyReply {
  statusCode: number
  elapsedTime: number
  code(status: number): unknown
  headers(headers: Record<string, string>): unknown
  send(body: unknown): unknown
}
export interface FastifyApp<Request, Reply> {
  addHook(name: 'onResponse', hook: (request: Request, reply: Reply, done: () => void) => void): unknown
  removeAllContentTypeParsers(): unknown
  addContentTypeParser(type: string, parser: (request: Request, payload: Readable, done: (error: Error | null, body?: unknown) => void) => void): unknown
  route(route: { method: string; url: string; handler(request: Request, reply: Reply): Promise<unknown> }): unknown
}
export type Plugin<Request, Reply> = (app: FastifyApp<Request, Reply>, options: unknown, done: () => void) => void

/** Records every request after it was answered, in the whole application: `app.register(trackActivity({ user: (request) => request.user?.id }))`. */
export function trackActivity<Request extends FastifyRequest = FastifyRequest, Reply extends FastifyReply = FastifyReply>(
  options: ActivityOptions<Request, Reply> = {},
): Plugin<Request, Reply> {
  const record = createRecorder(options)
  const plugin: Plugin<Request, Reply> = (app, _, done) => {
    app.addHook('onResponse', (request, reply, hookDone) => {
      hookDone()
      record(request, reply, {
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        durationMs: reply.elapsedTime,
      })
    })
    done()
  }
  // Without it the hook would be of this plugin's own routes, of which there are none.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: '@cairn/node' })
}

/** Passes what the tracker in a page sends, and its scripts, on to Cairn: `app.register(mountCairn({ host, path: '/hello' }))`. */
export function mountCairn(options: MountOptions<FastifyRequest>): Plugin<FastifyRequest, FastifyReply> {
  const { address = (request: FastifyRequest) => request.ip } = options
  const forwarder = createForwarder(options)
  return (app, _, done) => {
    // Bodies are passed on as they come.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload))
    for (const [method, url] of forwarder.routes) {
      app.route({
        method,
        url,
        async handler(request, reply) {
          const target = forwarder.targetOf(request.method, request.url)
          if (!target) {
            reply.code(404)
            return { success: false, code: 'not_found' }
          }
          const { status, headers, body } = await forwarder.pass(target, {
            headers: request.headers,
            address: address(request),
            body: request.body as Readable | undefined,
          })
          reply.code(status)
          reply.headers(headers)
          return reply.send(body)
        },
      })
    }
    done()
  }
}
