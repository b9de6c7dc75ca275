import { setTimeout as sleep } from 'node:timers/promises'
import { version } from '../../base/version.ts'
import { Failed } from '../terminal/failure.ts'

/** An answer of the server that is not a success. */
export class ApiError extends Failed {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

export interface Call {
  query?: Query
  body?: unknown
  headers?: Readonly<Record<string, string>>
  /** How long a server that is away or overloaded is waited for. */
  patienceMs?: number
  signal?: AbortSignal
}

/**
 * The HTTP API of one workspace. What a 503, a 429 or a broken connection leaves open is asked again: every write carries its ids. So is
 * what a server that is behind answers: a command never shows figures that lack acknowledged events.
 */
export interface Api {
  readonly workspace: string
  get<T = Record<string, unknown>>(path: string, query?: Query, options?: Call): Promise<T>
  send<T = Record<string, unknown>>(method: 'POST' | 'PATCH' | 'DELETE', path: string, call?: Call): Promise<T>
  /** The body as it comes. */
  stream(path: string, query?: Query, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>>
}

const PATIENCE_MS = 20_000
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 10_000
/** Longer than any query or wait of the server; a body may take longer. */
const ANSWER_MS = 180_000
/** A store that is behind is waited for, since its answer would be incomplete: a backlog of 10 million events loads in about this time. */
const BEHIND_MS = 120_000

export function makeApi({ url, token, workspace }: { url: string; token: string; workspace: string }): Api {
  const headers = {
    authorization: `Bearer ${token}`,
    'x-cairn-workspace': workspace,
    'user-agent': `cairn-cli/${version}`,
    'x-cairn-tracker': `cairn-cli/${version}`,
  }

  const ask = async (method: string, path: string, { query = {}, body, headers: more, patienceMs = PATIENCE_MS, signal }: Call): Promise<Response> => {
    const target = new URL(path, url)
    for (const [name, value] of Object.entries(query)) if (value !== undefined) target.searchParams.set(name, String(value))
    const began = performance.now()
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted()
      const request = {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...more },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }
      const outcome = await attemptOnce(target, request, signal)
      signal?.throwIfAborted()
      const behind = outcome instanceof Response && outcome.headers.has('x-cairn-stale')
      if (outcome instanceof Response && !behind && outcome.status !== 503 && outcome.status !== 429) return outcome
      const pause = pauseBefore(attempt, outcome)
      if (performance.now() - began + pause > (behind ? BEHIND_MS : patienceMs)) {
        if (behind)
          throw new Failed('The event store is behind what was acknowledged, so the answer would be incomplete. /api/health says why; try again later.')
        if (outcome instanceof Response) return outcome
        throw new Failed(`The server at ${url} does not answer.`, { cause: outcome })
      }
      if (outcome instanceof Response) await outcome.body?.cancel()
      await sleep(pause, undefined, signal ? { signal } : {})
    }
  }
  const answer = async <T>(response: Response): Promise<T> => {
    const text = await response.text()
    const body = text === '' ? {} : (JSON.parse(text) as T & { message?: string; code?: string })
    // A batch that is refused as a whole answers 422 in the shape of a batch; what it says is for the caller to read.
    if (response.ok || (response.status === 422 && 'rejected' in body)) return body as T
    const { message, code } = body as { message?: string; code?: string }
    throw new ApiError(response.status, code ?? 'internal', message ?? `The server answered ${response.status}.`)
  }

  return {
    workspace,
    get: async (path, query = {}, options = {}) => answer(await ask('GET', path, { ...options, query })),
    send: async (method, path, call = {}) => answer(await ask(method, path, call)),
    stream: async (path, query = {}, signal) => {
      const response = await ask('GET', path, { query, ...(signal ? { signal } : {}) })
      if (!response.ok) return await answer(response)
      if (!response.body) throw new Failed('The server sent no body.')
      return response.body
    },
  }
}

/** The answer, or what kept it from coming. */
async function attemptOnce(target: URL, request: RequestInit, signal: AbortSignal | undefined): Promise<Response | Error> {
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(new Error(`no answer in ${ANSWER_MS / 1_000} s`)), ANSWER_MS)
  try {
    return await fetch(target, { ...request, signal: signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal })
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  } finally {
    clearTimeout(timer)
  }
}

/** What the server asks for, or growing pauses with jitter, so that several commands do not come back at once. */
function pauseBefore(attempt: number, outcome: Response | Error): number {
  const asked = outcome instanceof Response ? Number(outcome.headers.get('retry-after')) * 1_000 : 0
  if (asked > 0) return Math.min(asked, LONGEST_PAUSE_MS)
  return Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2)
}
