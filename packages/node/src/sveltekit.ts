import { createRecorder, type ActivityOptions } from './activity.ts'
import { createForwarder, type MountOptions } from './forward.ts'
import { passOn } from './web.ts'

export type { ActivityOptions } from './activity.ts'
export type { MountOptions } from './forward.ts'

/** What is used of SvelteKit's event. */
export interface KitEvent {
  request: Request
  route: { id: string | null }
  getClientAddress(): string
}
interface Turn<Event> {
  event: Event
  resolve: (event: Event) => Response | Promise<Response>
}

/** Records every request once it has been answered; in `src/hooks.server.ts`: `export const handle = trackActivity({ user: (event) => event.locals.user?.id })`. */
export function trackActivity<Event extends KitEvent = KitEvent>(
  options: ActivityOptions<Event, Response | undefined> = {},
): (turn: Turn<Event>) => Promise<Response> {
  const record = createRecorder(options)
  return async ({ event, resolve }) => {
    const began = performance.now()
    const done = (status: number, response?: Response): void => {
      const durationMs = performance.now() - began
      record(event, response, { method: event.request.method, route: event.route.id ?? undefined, status, durationMs })
    }
    try {
      const response = await resolve(event)
      done(response.status, response)
      return response
    } catch (error) {
      done(500)
      throw error
    }
  }
}

/** In `src/routes/hello/[...path]/+server.ts`: `export const { GET, POST, OPTIONS } = mountCairn({ host, path: '/hello' })`. */
export function mountCairn(options: MountOptions<KitEvent>): Record<'GET' | 'POST' | 'OPTIONS', (event: KitEvent) => Promise<Response>> {
  const { address = (event: KitEvent) => event.getClientAddress() } = options
  const forwarder = createForwarder(options)
  const handler = (event: KitEvent): Promise<Response> => passOn(forwarder, event.request, address(event))
  return { GET: handler, POST: handler, OPTIONS: handler }
}
