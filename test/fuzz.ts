import { readFileSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { raw, sql } from '../server/src/store/sql.ts'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'
import { eventually } from './server.ts'
import { fuzzedRequest, type FuzzedRequest } from './fuzz.requests.ts'

const sumNames = ['received', 'accepted', 'stored', 'deduplicated', 'pending', 'damaged', 'quarantined', 'not_recorded', 'gap'] as const
type Sums = Record<(typeof sumNames)[number], number>
const emptySums = (): Sums => Object.fromEntries(sumNames.map((name) => [name, 0])) as Sums

export interface FuzzResult {
  seed: number
  requests: number
  /** How often each status was answered; `0` where the connection was closed without an answer. */
  statuses: Record<string, number>
  /** What must not happen, with the request that made it happen. */
  faults: string[]
  /** Sums over all workspaces; `received` without what quarantine was asked to send again. */
  ledger: Sums
  /** Events in requests whose answer said what became of each. */
  outcomes: number
  exported: number
  health: string
  serverHeapGrowthMb: number
  engineGrowthMb: number
}

const CONCURRENT = 8
/** Requests that are made at once in memory. */
const CHUNK = 250
/** Then other workspaces are taken: what reads answer grows with what is in them. */
const REQUESTS_EACH = 5_000
const ANSWER_WITHIN_MS = 60_000
/** For the answer to a request that is not whole: the server rightly waits for the rest. */
const UNFINISHED_MS = 300

/** Sends `count` malformed requests of every kind to a real Cairn and looks at what is left of it afterwards. */
export async function fuzz(count: number, seed = Math.floor(Math.random() * 2 ** 31)): Promise<FuzzResult> {
  const cairn = await startCairn()
  try {
    const run = new Run(cairn)
    const ledger = emptySums()
    // What is loaded at its first use is no growth: signing in brings a library.
    await fetch(`${cairn.url}/api/auth/sign-in/email`, { method: 'POST', body: JSON.stringify({ email: 'nobody@example.com', password: 'a wrong password' }) })
    let done = 0
    let exported = 0
    let heap = 0
    let engine = 0
    while (done < count) {
      // Settings are fuzzed in the second; the first keeps everything, so that what it accepted can be counted.
      const workspaces = [await cairn.workspace({ retentionDays: null }), await cairn.workspace()]
      const until = Math.min(count, done + REQUESTS_EACH)
      for (; done < until; done += CHUNK) {
        const requests = fc.sample(fuzzedRequest, { numRuns: Math.min(CHUNK, until - done), seed: seed + done })
        await Promise.all(Array.from({ length: CONCURRENT }, () => run.work(requests, workspaces)))
        if (heap === 0 && (done + CHUNK) * 5 >= count) {
          heap = heapBytes()
          engine = residentBytes(cairn.store.engine?.status().pid)
        }
      }
      const ledgers = await Promise.all(workspaces.map((w) => settledLedger(w)))
      for (const sums of ledgers) for (const name of sumNames) ledger[name] += sums[name]
      const found = await exportedBy(cairn, workspaces[0])
      exported += found
      if (found !== ledgers[0]?.stored) run.faults.push(`stored ${ledgers[0]?.stored}, exported ${found}`)
    }
    const growth = { serverHeapGrowthMb: megabytes(heapBytes() - heap), engineGrowthMb: megabytes(residentBytes(cairn.store.engine?.status().pid) - engine) }
    // What is stored must also merge: parts that cannot be merged stop the loader sooner or later.
    await cairn.store.store.command(sql`OPTIMIZE TABLE ${raw('cairn.events')} FINAL`)
    const health = (await (await fetch(`${cairn.url}/api/health`)).json()) as { status: string }
    return { seed, requests: count, statuses: run.statuses, faults: run.faults, ledger, outcomes: run.outcomes, exported, health: health.status, ...growth }
  } finally {
    await cairn.close()
  }
}

class Run {
  readonly statuses: Record<string, number> = {}
  readonly faults: string[] = []
  outcomes = 0
  readonly #cairn: TestCairn
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONCURRENT })

  constructor(cairn: TestCairn) {
    this.#cairn = cairn
  }

  async work(requests: FuzzedRequest[], workspaces: readonly TestWorkspace[]): Promise<void> {
    for (let request = requests.pop(); request; request = requests.pop()) {
      try {
        await this.#try(request, workspaces[request.workspace])
      } catch (error) {
        this.#fault(request, error instanceof Error ? error.message : String(error))
      }
    }
  }

  async #try(request: FuzzedRequest, workspace: TestWorkspace | undefined): Promise<void> {
    if (!workspace) return
    const key = request.key === 'write' ? workspace.writeKey : request.key === 'secret' ? workspace.secretKey : request.key
    const headers = { ...(key === '' ? {} : { authorization: `Bearer ${key}` }), ...request.headers }
    const body = encode(request)
    const answer = request.wire ? await this.#onTheWire(request, headers, body) : await this.#ask(request, headers, body)
    this.statuses[answer.status] = (this.statuses[answer.status] ?? 0) + 1
    if (answer.status >= 500 && answer.status !== 503) this.#fault(request, `${answer.status} ${answer.text}`)
    // Nothing is overloaded or away here.
    if (answer.status === 503) this.#fault(request, `503 ${answer.text}`)
    if (answer.status >= 400 && !isProblem(answer.text)) this.#fault(request, `${answer.status} in another shape: ${answer.text}`)
    // The position is told where the events of a request were taken or refused one by one.
    if (answer.position !== undefined && request.path.startsWith('/api/events/log')) this.#judge(request, body, answer)
  }

  /** Each parsed event has exactly one outcome. */
  #judge(request: FuzzedRequest, body: Buffer, { status, text }: Answer): void {
    const told = JSON.parse(text) as { accepted?: number; rejected?: unknown[]; not_recorded?: unknown[]; event_id?: string; disabled?: boolean; code?: string }
    if (!request.path.startsWith('/api/events/log/batch')) {
      this.outcomes++
      const outcomes = Number(told.event_id !== undefined) + Number(told.disabled === true) + Number(status === 422)
      if (outcomes !== 1) this.#fault(request, `${outcomes} outcomes: ${status} ${text}`)
      return
    }
    const sent = (JSON.parse((request.plain ?? body).toString('utf8')) as { events: unknown[] }).events.length
    this.outcomes += sent
    const outcomes = (told.accepted ?? 0) + (told.rejected?.length ?? 0) + (told.not_recorded?.length ?? 0)
    if (outcomes !== sent) this.#fault(request, `${outcomes} outcomes of ${sent} events: ${text}`)
  }

  #fault(request: FuzzedRequest, what: string): void {
    const body = request.body.length > 2_000 ? `${request.body.toString('utf8', 0, 2_000)}… (${request.body.length} bytes)` : request.body.toString('utf8')
    this.faults.push(`${request.method} ${request.path} ${JSON.stringify(request.headers)} ${request.encoding} ${body}\n  → ${what.slice(0, 600)}`)
  }

  #ask(request: FuzzedRequest, headers: Record<string, string>, body: Buffer): Promise<Answer> {
    const { hostname, port } = new URL(this.#cairn.url)
    return new Promise((resolve, reject) => {
      const sent = httpRequest(
        { hostname, port, path: request.path, method: request.method, headers, agent: this.#agent, timeout: ANSWER_WITHIN_MS },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              text: Buffer.concat(chunks).toString(),
              position: response.headers['x-cairn-position'] as string | undefined,
            }),
          )
        },
      )
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)))
      // The server may refuse a body before it has read it, and close.
      sent.on('error', (error: NodeJS.ErrnoException) =>
        error.code === 'EPIPE' || error.code === 'ECONNRESET' ? resolve({ status: 0, text: '', position: undefined }) : reject(error),
      )
      sent.end(request.method === 'GET' ? undefined : body)
    })
  }

  /** As bytes on a socket, with a length that is not the body's, or cut off. */
  #onTheWire(request: FuzzedRequest, headers: Record<string, string>, body: Buffer): Promise<Answer> {
    const { hostname, port } = new URL(this.#cairn.url)
    const sent = body.subarray(0, request.wire?.cutAt)
    return new Promise((resolve) => {
      const chunks: Buffer[] = []
      const socket = connect(Number(port), hostname, () => {
        const lines = Object.entries({ host: 'x', connection: 'close', ...headers, ...request.wire?.headers }).map(([name, value]) => `${name}: ${value}\r\n`)
        socket.write(`${request.method} ${request.path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
        socket.write(sent)
      })
      const promised = Number(request.wire?.headers['content-length'])
      const unfinished = promised > sent.length || request.wire?.headers['transfer-encoding'] === 'chunked'
      socket.setTimeout(unfinished ? UNFINISHED_MS : ANSWER_WITHIN_MS, () => socket.destroy())
      socket.on('data', (chunk) => {
        chunks.push(chunk)
        if (isWhole(Buffer.concat(chunks).toString())) socket.destroy()
      })
      socket.on('error', () => undefined)
      socket.on('close', () => {
        const text = Buffer.concat(chunks).toString()
        // What follows the body is read as another request, and answered too.
        const [, first = ''] = withoutContinue(text).split('HTTP/1.1 ')
        resolve({ status: Number(first.slice(0, 3)), text: first.slice(first.indexOf('\r\n\r\n') + 4), position: undefined })
        // What stands in a cut body was taken if it was whole; the answer says so.
        if (/x-cairn-position/i.test(text)) this.outcomes += eventsIn(request)
      })
    })
  }
}

interface Answer {
  status: number
  text: string
  position: string | undefined
}

const withoutContinue = (text: string): string => text.replace(/^HTTP\/1\.1 100[^]*?\r\n\r\n/, '')
const isWhole = (text: string): boolean => {
  const [head = '', body] = withoutContinue(text).split('\r\n\r\n')
  return body !== undefined && body.length >= Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
}

/** What every error answers; a batch that was refused event by event has the shape of a batch. */
function isProblem(text: string): boolean {
  const { success, message, code, rejected } = JSON.parse(text.slice(Math.max(0, text.indexOf('{')))) as Record<string, unknown>
  return success === false && ((typeof message === 'string' && typeof code === 'string') || Array.isArray(rejected))
}

const eventsIn = (request: FuzzedRequest): number => {
  const parsed = JSON.parse(request.body.toString('utf8')) as { events?: unknown[] }
  return request.path.startsWith('/api/events/log/batch') ? (parsed.events?.length ?? 0) : 1
}

function encode({ body, encoding, garble }: FuzzedRequest): Buffer {
  const compress = { none: (b: Buffer) => b, gzip: gzipSync, deflate: deflateSync, raw: deflateRawSync, br: brotliCompressSync }[encoding]
  const bytes = Buffer.from(compress(body))
  if (garble === undefined) return bytes
  if (garble.cut) return bytes.subarray(0, Math.floor(bytes.length * garble.at))
  const at = Math.floor(bytes.length * garble.at)
  if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ 0x55
  return bytes
}

async function settledLedger(w: TestWorkspace): Promise<Sums> {
  const { total, lines } = await eventually(
    () => w.get<{ total: Sums; lines: Array<{ source: string; received: number }> }>('/api/ledger?by=total'),
    (answer) => answer.total.pending === 0,
  )
  const received = lines.filter((line) => line.source !== 'replay').reduce((sum, line) => sum + line.received, 0)
  return { ...total, received }
}

/** Every line is one event, and JSON. */
async function exportedBy(cairn: TestCairn, workspace: TestWorkspace | undefined): Promise<number> {
  const answer = await fetch(`${cairn.url}/api/events/export?from=1900-01-01T00:00:00Z&to=2299-12-31T00:00:00Z&include_bots=true`, {
    headers: { Authorization: `Bearer ${workspace?.secretKey}` },
  })
  const lines = (await answer.text()).split('\n').filter((line) => line !== '')
  return new Set(lines.map((line) => (JSON.parse(line) as { event_id: string }).event_id)).size
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
function heapBytes(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
const residentBytes = (pid: number | undefined): number => {
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(resident) * 1024
}
const megabytes = (bytes: number): number => Math.round(bytes / 1024 / 1024)
