import { ask, type Answer } from './cairn.ts'
import { eventually } from './server.ts'

/** How the tests of the demo ask, whatever process answers. */
export interface State {
  state: string
  events: number
  events_total: number
  message?: string
}
export interface Total {
  total: Record<'received' | 'accepted' | 'stored' | 'deduplicated' | 'pending' | 'gap' | 'missing', number> &
    Record<'quarantined_by_reason' | 'not_recorded_by_reason', Record<string, number>>
  capture_rate: number
}

/** The command line on the server's machine. */
export const asLocal = (url: string, token: string, method: string, path = '/api/demo', workspace?: string): Promise<Answer> =>
  ask(url + path, { method, headers: { authorization: `Bearer ${token}`, ...(workspace === undefined ? {} : { 'x-cairn-workspace': workspace }) } })

/** An answer that lacks nothing: on a busy machine the store is behind for some seconds, and reads say so. */
export const whole = async <T>(url: string, path: string, key: string, workspace?: string): Promise<T> =>
  (
    await eventually(
      () => asLocal(url, key, 'GET', path, workspace),
      ({ status, headers }) => status === 200 && !headers.has('x-cairn-stale'),
      120_000,
    )
  ).body as T
