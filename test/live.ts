import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LiveEvent, LiveFilter, LiveMessage } from '@cairn/wire/live'
import { WebSocket } from 'ws'

/** A client of /api/live that remembers what it was told. */
export interface Watching {
  socket: WebSocket
  messages: LiveMessage[]
  events(): LiveEvent[]
  /** Sum of what was told as missed. */
  missed(): number
  /** The place to resume after. */
  at(): string
  subscribe(options?: { filter?: LiveFilter; after?: string; subscription?: string }): Promise<void>
  say(message: unknown): void
  /** Waits for it, 5 s at most. */
  until(check: () => boolean, timeoutMs?: number): Promise<void>
  closed: Promise<number>
}

const wsUrl = (url: string, query: string): string => `${url.replace('http', 'ws')}/api/live${query}`

export async function watch(url: string, headers: Record<string, string>, query = ''): Promise<Watching> {
  const socket = new WebSocket(wsUrl(url, query), { headers })
  const messages: LiveMessage[] = []
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as LiveMessage))
  socket.on('error', () => undefined)
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  await once(socket, 'open')
  const until = async (check: () => boolean, timeoutMs = 5_000): Promise<void> => {
    for (const end = performance.now() + timeoutMs; !check(); await sleep(10))
      if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms; last heard: ${JSON.stringify(messages.at(-1))?.slice(0, 300)}`)
  }
  return {
    socket,
    messages,
    events: () => messages.flatMap((m) => (m.type === 'events' ? m.events : [])),
    missed: () => messages.reduce((sum, m) => sum + (m.type === 'missed' ? (m.count ?? 0) : 0), 0),
    at: () => messages.findLast((m) => 'at' in m)?.at ?? '',
    say: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    subscribe: async ({ subscription = 'all', ...rest } = {}) => {
      const heard = messages.length
      socket.send(JSON.stringify({ type: 'subscribe', subscription, stream: 'events', ...rest }))
      await until(() => messages.slice(heard).some((m) => m.type === 'subscribed' || m.type === 'error'))
    },
    until,
    closed,
  }
}

/** Status and body of the answer to an attempt that is refused; status 101 where it is not. */
export async function attempt(url: string, headers: Record<string, string>, query = ''): Promise<{ status: number; body: Record<string, unknown> }> {
  const socket = new WebSocket(wsUrl(url, query), { headers })
  socket.on('error', () => undefined)
  const answered = new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
    socket.on('open', () => resolve({ status: 101, body: {} }))
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      let text = ''
      response.on('data', (data: Buffer) => (text += data.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> }))
    })
    socket.on('close', () => reject(new Error('closed without an answer')))
  })
  return answered.finally(() => socket.terminate())
}

/** Follows over every cut as a client should: after the last id it has seen, at whichever address it is given then. */
export class Follower {
  readonly ids: string[] = []
  readonly places: string[] = []
  notTold = 0
  #client: Watching | undefined
  #after: string | undefined
  #stopped = false
  readonly #url: () => string
  readonly #headers: Record<string, string>
  readonly #filter: LiveFilter
  readonly done: Promise<void>

  constructor(url: () => string, headers: Record<string, string>, filter: LiveFilter = {}) {
    this.#filter = filter
    this.#url = url
    this.#headers = headers
    this.done = this.#run()
  }
  get connected(): boolean {
    return this.#after !== undefined
  }
  stop(): void {
    this.#stopped = true
    this.#client?.socket.close()
  }
  /** Goes elsewhere. */
  cut(): void {
    this.#client?.socket.terminate()
  }
  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        this.#client = await watch(this.#url(), this.#headers)
        this.#client.socket.on('message', (data: Buffer) => this.#hear(JSON.parse(data.toString()) as Watching['messages'][number]))
        this.#client.say({
          type: 'subscribe',
          subscription: 'all',
          stream: 'events',
          filter: this.#filter,
          ...(this.#after === undefined ? {} : { after: this.#after }),
        })
        await this.#client.closed
      } catch {
        // The server is on its way up.
      }
      await sleep(20)
    }
  }
  #hear(message: Watching['messages'][number]): void {
    if (message.type === 'events') {
      this.places.push(...message.events.map((e) => e.id))
      this.ids.push(...message.events.map((e) => e.event.event_id))
    }
    if (message.type === 'missed') this.notTold++
    if ('at' in message) this.#after = message.at
  }
}
