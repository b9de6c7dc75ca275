import { liveCloseCodes, type LiveEvent, type LiveFilter, type LiveId, type LiveMessage, type LiveRequest } from '@cairn/wire/live'
import { nextPhase, type Happening, type Phase, type PhaseName, type Refusal } from './phase.ts'

export interface LiveTold {
  phase(phase: Phase): void
  events(events: readonly LiveEvent[]): void
  /** Events that were not told; null: nobody knows how many. */
  missed(count: number | null): void
}

export interface LiveOptions {
  /** With the workspace, as ws://host/api/live?workspace=slug. */
  url: string
  filter: LiveFilter
  pauses?: Pauses
  random?: () => number
}

export interface Pauses {
  /** The server says something every 15 seconds; two heartbeats and their way. */
  silenceMs: number
  /** A connection that takes longer than this to subscribe is given up. */
  connectMs: number
  firstMs: number
  mostMs: number
}
const usual: Pauses = { silenceMs: 40_000, connectMs: 10_000, firstMs: 500, mostMs: 30_000 }

const SUBSCRIPTION = 'events'
/** Ids to know repetitions by: a resumed connection repeats at most what was told since the last `at`. */
const KNOWN_IDS = 2_000

/**
 * One subscription to the events of a workspace that outlives its connections. Promises: every event is told once, in the server's order; after
 * a cut it goes on where it was (`at`, the last place the server named); what the server could not tell is told as missed. Pauses between tries
 * grow and are spread, so that a thousand screens do not come back in one moment; after a restart that was announced the first try is soon.
 */
export class LiveConnection {
  readonly #options: LiveOptions
  readonly #told: LiveTold
  readonly #pauses: Pauses
  readonly #random: () => number
  #phase: PhaseName = 'waiting'
  #socket: WebSocket | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #after: LiveId | undefined
  #known = new Set<LiveId>()
  #tries = 0

  constructor(options: LiveOptions, told: LiveTold) {
    this.#options = options
    this.#told = told
    this.#pauses = options.pauses ?? usual
    this.#random = options.random ?? Math.random
    this.#happen('due')
  }

  /** Tries at once, where it waits or was refused: somebody asked. */
  again(): void {
    this.#happen('due')
  }

  /** Tries at once, where it waits: the network is back, or somebody looks. */
  wake(): void {
    if (this.#phase === 'waiting') this.#happen('due')
  }

  stop(): void {
    this.#happen('stop')
  }

  #happen(happening: Happening, more: { restarts?: boolean; why?: Refusal; message?: string } = {}): void {
    const before = this.#phase
    const now = nextPhase[before][happening]
    if (now === before) return
    this.#phase = now
    switch (now) {
      case 'connecting':
        this.#told.phase({ is: now })
        this.#connect()
        return
      case 'open':
        this.#tries = 0
        this.#told.phase({ is: now })
        return
      case 'waiting': {
        const pause = more.restarts === true ? this.#pauses.firstMs * this.#random() : this.#pause()
        this.#tries += 1
        this.#close()
        this.#timer = setTimeout(() => this.#happen('due'), pause)
        this.#told.phase({ is: now, until: Date.now() + pause, tries: this.#tries })
        return
      }
      case 'refused':
        this.#close()
        this.#told.phase({ is: now, why: more.why ?? 'refused', message: more.message ?? '' })
        return
      case 'stopped':
        this.#close()
        this.#told.phase({ is: now })
    }
  }

  /** Doubles with each try, and lies between half of that and all of it. */
  #pause(): number {
    const most = Math.min(this.#pauses.mostMs, this.#pauses.firstMs * 2 ** this.#tries)
    return most * (0.5 + this.#random() / 2)
  }

  #connect(): void {
    clearTimeout(this.#timer)
    const socket = new WebSocket(this.#options.url)
    this.#socket = socket
    const isCurrent = (): boolean => socket === this.#socket
    let said = ''
    this.#listenFor(this.#pauses.connectMs)
    socket.addEventListener('open', () => isCurrent() && this.#subscribe())
    socket.addEventListener('message', ({ data }) => {
      if (!isCurrent() || typeof data !== 'string') return
      const message = JSON.parse(data) as LiveMessage
      if (message.type === 'error' && message.fatal) said = message.message
      else this.#read(message)
    })
    socket.addEventListener('close', ({ code }) => {
      if (!isCurrent()) return
      const why = refusals[code]
      if (why) this.#happen('ended', { why, message: said })
      else this.#happen('lost', { restarts: code === liveCloseCodes.restart })
    })
  }

  #subscribe(): void {
    const { filter } = this.#options
    const request: LiveRequest = {
      type: 'subscribe',
      subscription: SUBSCRIPTION,
      stream: 'events',
      filter,
      ...(this.#after === undefined ? {} : { after: this.#after }),
    }
    this.#socket?.send(JSON.stringify(request))
  }

  #read(message: LiveMessage): void {
    this.#listenFor(this.#pauses.silenceMs)
    switch (message.type) {
      case 'subscribed':
        this.#after = message.at
        this.#happen('told')
        return
      case 'events': {
        const fresh = message.events.filter(({ id }) => !this.#known.has(id))
        for (const { id } of fresh) this.#known.add(id)
        for (const id of this.#known) {
          if (this.#known.size <= KNOWN_IDS) break
          this.#known.delete(id)
        }
        this.#after = message.at
        if (fresh.length > 0) this.#told.events(fresh)
        return
      }
      case 'missed':
        this.#after = message.at
        this.#told.missed(message.count)
        return
      case 'heartbeat':
        this.#after = message.at
        return
      case 'error':
        if (this.#phase !== 'connecting') return
        if (this.#after === undefined) {
          this.#happen('ended', { why: 'refused', message: message.message })
          return
        }
        // The place it named is of another server's journal: what lies between is not known.
        this.#after = undefined
        this.#told.missed(null)
        this.#subscribe()
    }
  }

  /** Whoever says nothing for so long is gone, though nobody closed the connection: a sleeping laptop, a proxy that forgot. */
  #listenFor(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#happen('lost'), ms)
  }

  #close(): void {
    clearTimeout(this.#timer)
    const socket = this.#socket
    this.#socket = undefined
    socket?.close()
  }
}

const refusals: Record<number, Refusal> = {
  [liveCloseCodes.refused]: 'refused',
  [liveCloseCodes.unauthorized]: 'unauthorized',
  [liveCloseCodes.forbidden]: 'forbidden',
  [liveCloseCodes.ended]: 'ended',
}
