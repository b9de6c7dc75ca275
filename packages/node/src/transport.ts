import { AsyncLocalStorage } from 'node:async_hooks'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Answer, Runtime, Settings } from '@cairn/core/sender'

const compress = promisify(gzip)
/** Below, packing costs more than it saves. */
const COMPRESS_BYTES = 4_096
const TIMEOUT_MS = 30_000
/** An answer names at most 500 events; a longer one is none of Cairn's. */
const MAX_ANSWER_BYTES = 1_048_576
/** What asks for a longer wait is no Cairn; longer timers would also run out at once. */
const MAX_WAIT_MS = 3_600_000

export interface Transport extends Runtime {
  /** Ends the requests that are under way. */
  abort(): void
  /** Nothing is sent or waited for any more. */
  close(): void
}

export interface TransportOptions {
  host: URL
  key: string
  /** After the sender has made of an answer, or of none, what is to be made of it. */
  onAnswer: () => void
}

/**
 * Time and requests of a sender. Timers do not keep the process alive, a request does. Neither runs in the context of the request that caused
 * it: frameworks and tracers would count it as the host's own.
 */
export function createTransport({ host, key, onAnswer }: TransportOptions): Transport {
  const outside = AsyncLocalStorage.snapshot()
  const base = host.href.replace(/\/$/, '')
  const underWay = new Set<AbortController>()
  let isClosed = false

  async function post(path: string, text: string): Promise<Answer> {
    if (isClosed) throw new Error('The client was shut down.')
    const ended = new AbortController()
    const timer = setTimeout(() => ended.abort(), TIMEOUT_MS)
    underWay.add(ended)
    try {
      const body = Buffer.from(text)
      const isLong = body.length > COMPRESS_BYTES
      const response = await fetch(base + path, {
        method: 'POST',
        // A secret key is taken from here only.
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', ...(isLong ? { 'Content-Encoding': 'gzip' } : {}) },
        body: isLong ? await compress(body, { level: 1 }) : body,
        // The key goes where it was meant to.
        redirect: 'manual',
        signal: ended.signal,
      })
      const answer = await readText(response)
      return { status: response.status, headers: response.headers, text: async () => (isAnswer(answer) ? answer : '') }
    } finally {
      clearTimeout(timer)
      underWay.delete(ended)
      setImmediate(onAnswer)
    }
  }

  return {
    elapsed: () => performance.now(),
    after(ms, run) {
      if (!isClosed) outside(() => setTimeout(run, Math.min(ms, MAX_WAIT_MS)).unref())
    },
    post: (path, body) => outside(() => post(path, body)),
    abort() {
      for (const request of underWay) request.abort()
    },
    close() {
      isClosed = true
    },
  }
}

/** '' where it is longer than any answer of Cairn. */
async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) return ''
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** Whoever stands between may answer anything. What is read of an answer has to be of its kind. */
function isAnswer(text: string): boolean {
  try {
    const answer = JSON.parse(text) as { success?: unknown; rejected?: unknown; settings?: Partial<Settings> | null } | null
    const { success, rejected = [], settings } = answer ?? {}
    return (
      typeof success === 'boolean' &&
      Array.isArray(rejected) &&
      rejected.every((entry) => typeof entry === 'object' && entry !== null) &&
      (settings === undefined || (Array.isArray(settings?.streams_off) && typeof settings.breaker?.failures === 'number'))
    )
  } catch {
    return false
  }
}
