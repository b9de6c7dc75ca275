import { createRecorder, type ActivityOptions } from './activity.ts'
import { cairn } from './shared.ts'
import { createForwarder, type MountOptions } from './forward.ts'
import { passOn } from './web.ts'

export type { ActivityOptions } from './activity.ts'
export type { MountOptions } from './forward.ts'

type RouteContext = { params?: unknown } | undefined
export type RouteHandler<Req extends Request, Context> = (request: Req, context: Context) => Response | Promise<Response>

export interface NextActivityOptions<Req> extends ActivityOptions<Req, Response | undefined> {
  /** `after` of next/server: what is recorded is then sent before a process that is frozen after its answer goes to sleep. */
  after?: (task: () => Promise<void>) => void
  /** The pattern of the route, `/api/tasks/[id]`; default: the path, with the values of the parameters replaced by their names. */
  route?: string
}

/** A route handler that is recorded once it has answered: `export const GET = withActivity(handler, { user, after })`. */
export function withActivity<Req extends Request, Context extends RouteContext>(
  handler: RouteHandler<Req, Context>,
  options: NextActivityOptions<Req>,
): (request: Req, context: Context) => Promise<Response> {
  const { client = cairn, after } = options
  const record = createRecorder(options)
  return async (request, context) => {
    const began = performance.now()
    const done = (status: number, response?: Response): void => {
      const durationMs = performance.now() - began
      const failed = (error: unknown): void => client.report('activity_failed', error)
      const task = async (): Promise<void> => {
        const route = options.route ?? (await routeOf(request, context))
        record(request, response, { method: request.method, route, status, durationMs })
        if (after) await client.flush()
      }
      try {
        if (after) after(() => task().catch(failed))
        else setImmediate(() => void task().catch(failed))
      } catch (error) {
        failed(error)
      }
    }
    try {
      const response = await handler(request, context)
      done(response.status, response)
      return response
    } catch (error) {
      done(statusOf(error))
      throw error
    }
  }
}

/** In `app/hello/[...path]/route.ts`: `export const { GET, POST, OPTIONS } = mountCairn({ host, path: '/hello' })`. */
export function mountCairn(options: MountOptions<Request>): Record<'GET' | 'POST' | 'OPTIONS', (request: Request) => Promise<Response>> {
  // Next puts the address there where no proxy before it has.
  const { address = (request: Request) => request.headers.get('x-forwarded-for') ?? undefined } = options
  const forwarder = createForwarder(options)
  const handler = (request: Request): Promise<Response> => passOn(forwarder, request, address(request))
  return { GET: handler, POST: handler, OPTIONS: handler }
}

/** Next's own errors, of `redirect()` and `notFound()`, carry a status: `NEXT_REDIRECT;replace;/login;307;`. */
function statusOf(error: unknown): number {
  const digest = error instanceof Error && 'digest' in error ? String(error.digest) : ''
  return Number(/^NEXT_.*;(\d{3})(;|$)/.exec(digest)?.[1] ?? 500)
}

/** `/api/tasks/42` with `{ id: '42' }` is `/api/tasks/[id]`; parts that one `[...path]` has taken become one. */
async function routeOf(request: Request, context: RouteContext): Promise<string> {
  const params = Object.entries((await context?.params) ?? {}) as [string, unknown][]
  const parts = new URL(request.url).pathname.split('/').map((part) => {
    const [name, value] = params.find(([, value]) => [value].flat().includes(decoded(part))) ?? []
    if (name === undefined) return part
    return Array.isArray(value) ? `[...${name}]` : `[${name}]`
  })
  return parts.filter((part, i) => !part.startsWith('[...') || part !== parts[i - 1]).join('/')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
