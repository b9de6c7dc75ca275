import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import type { Client } from './client.ts'
import { cairn } from './shared.ts'

/**
 * First-party mounting: the collecting routes and the scripts under a path of the host's own, so that what a page sends stays on its origin.
 * Nothing else of Cairn can be reached through it, and neither the host's cookies nor its authorization ever leave it.
 */
export interface MountOptions<Request> {
  /** Where Cairn is. */
  host: string
  /** Where it is mounted, as the browser sees it: `/hello`. The tracker's `host` in the page is the same. */
  path: string
  /** For pages that have no key of their own. */
  writeKey?: string
  /** Of the visitor. Cairn believes it where this server's own address is one of CAIRN_TRUSTED_PROXIES. */
  address?: (request: Request) => string | undefined
  /** Whose `onError` is told that Cairn is away; default: the client that `init` has made. */
  client?: Client
}

/** A request that may be passed on, with its path at Cairn. */
export interface Target {
  method: string
  path: string
}

export interface Visit {
  headers: IncomingHttpHeaders
  address: string | undefined
  /** What the host has unpacked, or a stream that nobody has read from. */
  body: Readable | Uint8Array | undefined
}

export interface Passed {
  status: number
  headers: Record<string, string>
  body: Readable
}

export interface Forwarder {
  /** Method and pattern of everything that is passed on. */
  routes: readonly (readonly [method: string, pattern: string])[]
  /** undefined for what is not passed on. */
  targetOf(method: string, url: string): Target | undefined
  /** Never rejects: Cairn's answer, or 413 for more than 1 MB, or 503 with Retry-After where there is none. */
  pass(target: Target, visit: Visit): Promise<Passed>
}

const collecting = ['/api/events/log', '/api/events/log/batch', '/api/people/identify']
const script = /^\/cairn(\.m?js|\/chunks\/[\w-][\w.-]*)$/
const asked = ['content-type', 'content-encoding', 'user-agent', 'sec-gpc', 'dnt', 'origin', 'accept', 'accept-encoding'].concat([
  'if-none-match',
  'if-modified-since',
  'idempotency-key',
  'x-cairn-tracker',
  'access-control-request-method',
  'access-control-request-headers',
])
const answered = ['content-type', 'content-encoding', 'content-length', 'cache-control', 'etag', 'last-modified', 'vary', 'retry-after'].concat(
  ['x-content-type-options', 'cross-origin-resource-policy', 'access-control-allow-origin', 'access-control-allow-credentials'],
  ['access-control-allow-methods', 'access-control-allow-headers', 'access-control-expose-headers', 'access-control-max-age'],
)
/** What Cairn takes at once. */
const MAX_BODY_BYTES = 1_048_576
/** A page may be waiting; the tracker in it tries again. */
const TIMEOUT_MS = 10_000
const RETRY_SECONDS = '10'
/** More than one host's pages need at a time, and no more than Cairn takes from one address. */
const MAX_SOCKETS = 64

export function createForwarder<Request>({ host, path, writeKey, client = cairn }: MountOptions<Request>): Forwarder {
  const mount = path.replace(/\/$/, '')
  const base = host.replace(/\/$/, '')
  const isSecure = base.startsWith('https:')
  const agent = new (isSecure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: MAX_SOCKETS })

  function open({ method, path }: Target, { headers, address, body }: Visit): ClientRequest {
    const passed: Record<string, string> = {}
    for (const name of asked) {
      const value = headers[name]
      if (typeof value === 'string') passed[name] = value
    }
    if (body instanceof Uint8Array) delete passed['content-encoding']
    if (address) passed['x-forwarded-for'] = address
    if (writeKey !== undefined && method === 'POST') passed['authorization'] = `Bearer ${writeKey}`
    return (isSecure ? httpsRequest : httpRequest)(base + path, { method, headers: passed, agent, signal: AbortSignal.timeout(TIMEOUT_MS) })
  }

  return {
    routes: [
      ...collecting.flatMap((route) => [['POST', mount + route] as const, ['OPTIONS', mount + route] as const]),
      ...['/cairn.js', '/cairn.mjs', '/cairn/chunks/*'].map((route) => ['GET', mount + route] as const),
    ],
    targetOf(method, url) {
      if (!url.startsWith(`${mount}/`)) return undefined
      const path = url.slice(mount.length)
      const [name = ''] = path.split('?')
      const isPassed = method === 'POST' || method === 'OPTIONS' ? collecting.includes(name) : (method === 'GET' || method === 'HEAD') && script.test(name)
      return isPassed ? { method, path } : undefined
    },
    async pass(target, visit) {
      const bytes = visit.body instanceof Uint8Array ? visit.body.length : Number(visit.headers['content-length'] ?? 0)
      if (bytes > MAX_BODY_BYTES) return tooLarge()
      try {
        const request = open(target, visit)
        const answer = await exchange(request, target.method === 'POST' ? visit.body : undefined)
        if (!answer) return tooLarge()
        const headers: Record<string, string> = {}
        for (const name of answered) {
          const value = answer.headers[name]
          if (typeof value === 'string') headers[name] = value
        }
        return { status: answer.statusCode ?? 502, headers, body: answer }
      } catch (error) {
        client.report('unreachable', error)
        return refusal(503, 'unavailable', 'Cairn does not answer; send the same again later.', { 'retry-after': RETRY_SECONDS })
      }
    },
  }
}

/** undefined where the body is larger than Cairn takes. What is left of a body is read and thrown away, so that the answer can be sent. */
function exchange(request: ClientRequest, body: Readable | Uint8Array | undefined): Promise<IncomingMessage | undefined> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve).on('error', reject)
    if (body instanceof Readable) stream(body, request, () => resolve(undefined))
    else request.end(body)
  })
}

function stream(body: Readable, request: ClientRequest, tooLarge: () => void): void {
  let bytes = 0
  const goOn = (): void => void body.resume()
  request.on('drain', goOn).on('close', goOn)
  body
    .on('data', (chunk: Uint8Array) => {
      bytes += chunk.length
      if (bytes > MAX_BODY_BYTES) {
        tooLarge()
        request.destroy()
      } else if (!request.destroyed && !request.write(chunk)) body.pause()
    })
    .on('end', () => request.end())
    .on('close', () => {
      if (!body.readableEnded) request.destroy(new Error('The visitor went away.'))
    })
    .on('error', (error) => request.destroy(error))
}

const tooLarge = (): Passed => refusal(413, 'too_large', 'The body is over 1 MB; send fewer events at once.')

function refusal(status: number, code: string, message: string, headers: Record<string, string> = {}): Passed {
  const text = Buffer.from(JSON.stringify({ success: false, message, code }))
  return { status, headers: { ...headers, 'content-type': 'application/json', 'content-length': String(text.length) }, body: Readable.from([text]) }
}
