import type { AnyType, Properties } from '@cairn/core/event'
import type { Client, ServerTrackOptions } from './client.ts'
import { cairn } from './shared.ts'

/**
 * What is recorded of a request once it is answered. The functions are called then, so what authentication has put on the request is there;
 * what they throw is told through `onError`. A request that is about nobody is not recorded.
 */
export interface ActivityOptions<Request, Response> {
  /** Default: the client that `init` has made. */
  client?: Client
  /** Default `request_completed`. */
  type?: AnyType | ((request: Request, response: Response) => AnyType)
  user?(request: Request): string | number | null | undefined
  /** Of somebody not signed in: the `anonymous_id` of the tracker in their browser. */
  anonymous?(request: Request): string | null | undefined
  session?(request: Request): string | null | undefined
  /** What the request was about: type and id, or `entity` where the type differs from request to request. */
  entityType?: string
  id?(request: Request): string | number | null | undefined
  entity?(request: Request, response: Response): Pick<ServerTrackOptions, 'entityType' | 'entityId'> | null | undefined
  /** Joins `method`, `route` and `status`. */
  metadata?(request: Request, response: Response): Properties | null | undefined
  /** True for what is not to be recorded: health checks, assets. */
  skip?(request: Request): boolean
}

/** What every framework knows of a request. */
export interface Seen {
  method: string
  /** The pattern, `/tasks/:id`: addresses would make of every task a route of its own. Undefined where nothing matched. */
  route: string | undefined
  status: number
  durationMs: number
}

/** Nothing where the request has no id: it is about no entity then. */
function aboutOf<Request>(options: ActivityOptions<Request, never>, request: Request): Pick<ServerTrackOptions, 'entityType' | 'entityId'> {
  const { entityType } = options
  const entityId = entityType === undefined ? undefined : options.id?.(request)
  return entityId == null ? {} : { entityType, entityId }
}

/** What records a request, after this turn of the host; never throws. */
export type Recorder<Request, Response> = (request: Request, response: Response, seen: Seen) => void

export function createRecorder<Request, Response>(options: ActivityOptions<Request, Response>): Recorder<Request, Response> {
  const { client = cairn, type = 'request_completed' } = options
  if (!options.user && !options.anonymous) client.report('activity_failed', 'Whose requests are they? Give `user` or `anonymous`; nothing is recorded.')

  function record(request: Request, response: Response, { durationMs, ...metadata }: Seen): void {
    if (options.skip?.(request)) return
    const userId = options.user?.(request) ?? undefined
    const anonymousId = options.anonymous?.(request) ?? undefined
    if (userId === undefined && anonymousId === undefined) return
    client.track(typeof type === 'function' ? type(request, response) : type, {
      userId,
      anonymousId,
      sessionId: options.session?.(request) ?? undefined,
      ...aboutOf(options, request),
      ...options.entity?.(request, response),
      durationMs,
      metadata: { ...metadata, ...options.metadata?.(request, response) },
    })
  }

  return (request, response, seen) =>
    // Requests that came together are answered together: none of them waits for what is recorded of another.
    client.afterwards(() => {
      try {
        record(request, response, seen)
      } catch (error) {
        client.report('activity_failed', error)
      }
    })
}
