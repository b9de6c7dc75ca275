import { callsOf, createClient, type Client, type Options } from './client.ts'

/**
 * The one client of this process. It hangs on `globalThis`, since frameworks bundle a server into parts that each have their own copy of this
 * module. Calls before `init` are kept and made afterwards, with the time at which they were made.
 */
interface Shared {
  client?: Client
  early: ((client: Client) => void)[]
}

const MOST_EARLY = 1_000
const place = Symbol.for('@cairn/node')
const shared = ((globalThis as { [place]?: Shared })[place] ??= { early: [] })

function later(call: (client: Client) => void): void {
  if (shared.client) call(shared.client)
  else if (shared.early.length < MOST_EARLY) shared.early.push(call)
}

const track: Client['track'] = (type, options) => {
  if (shared.client) return shared.client.track(type, options)
  const timestamp = Date.now()
  later((client) => client.track(type, { timestamp, ...options }))
}
const report: Client['report'] = (code, error) => later((client) => client.report(code, error))

/** Begins, and takes the place of a client that `init` made before; that one delivers what it has. Never throws. */
export function init(options: Options): Client {
  void shared.client?.shutdown()
  const client = (shared.client = createClient(options))
  for (const call of shared.early.splice(0)) call(client)
  return client
}

/** The same object at all times, whether `init` was called or not. */
export const cairn: Client = {
  ...callsOf(track, report),
  identify: (userId, traits, who) => later((client) => client.identify(userId, traits, who)),
  register: (properties) => later((client) => client.register(properties)),
  flush: async () => shared.client?.flush(),
  shutdown: async (timeoutMs) => shared.client?.shutdown(timeoutMs),
  get queueSize() {
    return shared.client?.queueSize ?? shared.early.length
  },
  report,
  afterwards: (run) => (shared.client ? shared.client.afterwards(run) : void setImmediate(run)),
}
