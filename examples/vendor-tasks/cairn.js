// #region tell
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

const { CAIRN_URL, CAIRN_SECRET_KEY } = process.env
const headers = { Authorization: `Bearer ${CAIRN_SECRET_KEY}`, 'Content-Type': 'application/json' }
const waiting = []
const MOST_WAITING = 10_000
let delivering

/**
 * Tells Cairn away from the request, one call after another, and again until it has answered: no log-in waits for it. A call has its id and its
 * time from the start, so that it counts once and as of then. Resolves with the answer; undefined where it was refused.
 */
export function tell(method, path, body = {}) {
  return new Promise((resolve) => {
    if (waiting.length >= MOST_WAITING) return resolve(console.warn('Cairn: too much waits, this is lost:', method, path))
    waiting.push({ method, path, body: { ...body, event_id: randomUUID(), occurred_at: new Date().toISOString() }, resolve })
    delivering ??= deliver().finally(() => (delivering = undefined))
  })
}

async function deliver() {
  for (let pause = 1; waiting.length > 0;) {
    const { method, path, body, resolve } = waiting[0]
    const answer = await send(path, { method, body: JSON.stringify(body) })
    if (!answer || answer.status === 429 || answer.status === 503) {
      await sleep(1_000 * Number(answer?.headers.get('Retry-After') ?? pause))
      pause = Math.min(pause * 2, 60)
      continue
    }
    waiting.shift()
    pause = 1
    if (!answer.ok) console.warn('Cairn:', method, path, await answer.text())
    resolve(answer.ok ? await answer.json() : undefined)
  }
}

/** Undefined where Cairn is away. */
const send = (path, init, ms = 10_000) => fetch(CAIRN_URL + path, { ...init, headers, signal: AbortSignal.timeout(ms) }).catch(() => undefined)
// #endregion

// #region ask
/** What Cairn knows, for a page that can do without: undefined where it does not answer at once. */
export async function ask(path) {
  const answer = await send(path, {}, 1_000)
  return answer?.ok ? await answer.json() : undefined
}
// #endregion

/** Resolves when all was told, or after five seconds. */
export const delivered = () => Promise.race([delivering, sleep(5_000)])
