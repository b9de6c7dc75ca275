import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRecorder, type ActivityOptions } from './activity.ts'
import { createForwarder, type MountOptions, type Target } from './forward.ts'

export type { ActivityOptions } from './activity.ts'
export type { MountOptions } from './forward.ts'

/** What is used of Express 4's and 5's request. */
export interface ExpressRequest extends IncomingMessage {
  originalUrl: string
  baseUrl: string
  ip?: string | undefined
  body?: unknown
  route?: { path: unknown } | undefined
}
type Next = (error?: unknown) => void
export type Middleware<Request, Response> = (request: Request, response: Response, next: Next) => void

/**
 * Records every request after it was answered; `app.use(trackActivity({ user: (request) => request.user?.id }))`, before the routes.
 * A router that is mounted at a pattern with parameters of its own shows their values in `route`: Express forgets that pattern.
 */
export function trackActivity<Request extends ExpressRequest = ExpressRequest, Response extends ServerResponse = ServerResponse>(
  options: ActivityOptions<Request, Response> = {},
): Middleware<Request, Response> {
  const record = createRecorder(options)
  return (request, response, next) => {
    const began = performance.now()
    response.on('finish', () =>
      record(request, response, {
        method: request.method ?? '',
        route: request.route && routeOf(request.baseUrl, String(request.route.path)),
        status: response.statusCode,
        durationMs: performance.now() - began,
      }),
    )
    next()
  }
}

/** Passes what the tracker in a page sends, and its scripts, on to Cairn: `app.use(mountCairn({ host, path: '/hello' }))`. */
export function mountCairn(options: MountOptions<ExpressRequest>): Middleware<ExpressRequest, ServerResponse> {
  const { address = (request: ExpressRequest) => request.ip } = options
  const forwarder = createForwarder(options)
  async function pass(target: Target, request: ExpressRequest, response: ServerResponse): Promise<void> {
    // Something before may have read the body.
    const body = request.readableDidRead ? asBytes(request.body) : request
    const answer = await forwarder.pass(target, { headers: request.headers, address: address(request), body })
    response.writeHead(answer.status, answer.headers)
    answer.body.on('error', () => response.destroy()).pipe(response)
  }
  return (request, response, next) => {
    const target = forwarder.targetOf(request.method ?? '', request.originalUrl)
    if (target) pass(target, request, response).catch(() => response.destroy())
    else next()
  }
}

/** A router's own root is where the router is. */
const routeOf = (mount: string, path: string): string => (path === '/' && mount !== '' ? mount : mount + path)

function asBytes(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? {}))
}
