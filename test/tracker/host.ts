import { readFile } from 'node:fs/promises'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * A host's page, and the way from it to Cairn, which a test can spoil. Both on one port, another than Cairn's: requests go cross-origin to the
 * gate, as they do to a real Cairn.
 */
export interface Host {
  /** Origin of the page: `/` has the tracker's module as `window.tracker`, `/dist/…` are the built clients, `pages` what a test adds; others are empty. */
  url: string
  /** Origin of the gate. */
  gate: string
  /** How the gate behaves from now on. */
  mode: Mode
  /** Bodies that reached the gate, whatever became of them. */
  sent: string[]
  pages: Map<string, { html: string; headers?: Record<string, string> }>
  close(): Promise<void>
}

/**
 * - `pass` everything goes through
 * - `cut` the connection is reset before anything arrives
 * - `lost` the request arrives, the answer does not
 * - `slow` after two seconds
 * - `hang` no answer, ever
 * - a number: this status, with Retry-After: 1 where it is 429 or 503
 * - `garbage` 200 with a page of somebody else, as a network that asks for a sign-in answers
 * - `small` 413 for more than three events, else through
 */
export type Mode = 'pass' | 'cut' | 'lost' | 'slow' | 'hang' | 'garbage' | 'small' | number

const tracked = `<!doctype html><title>Host</title><h1>Host</h1><script type="module">import * as tracker from '/dist/browser/index.js'; window.tracker = tracker</script>`
const clients = resolve(import.meta.dirname, '../../packages/dist')

export async function openHost(cairnUrl: string): Promise<Host> {
  const host: Host = { url: '', gate: '', mode: 'pass', sent: [], pages: new Map(), close: async () => undefined }
  const page = createServer((req, res) => void servePage(host, req, res))
  const gate = createServer((req, res) => void passOn(host, cairnUrl, req, res).catch(() => res.destroy()))
  host.url = await listen(page)
  host.gate = await listen(gate)
  host.close = async () => {
    for (const server of [page, gate]) {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    }
  }
  return host
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function servePage({ pages }: Host, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { pathname } = new URL(req.url ?? '/', 'http://host')
  if (pathname.startsWith('/dist/')) {
    const bytes = await readFile(join(clients, pathname.slice(6))).catch(() => undefined)
    res.writeHead(bytes ? 200 : 404, { 'Content-Type': 'text/javascript' }).end(bytes)
    return
  }
  const { html, headers = {} } = pages.get(pathname) ?? { html: pathname === '/' ? tracked : '<!doctype html><title>Host</title><h1>Host</h1>' }
  res.writeHead(pathname === '/favicon.ico' ? 404 : 200, { 'Content-Type': 'text/html; charset=utf-8', ...headers }).end(html)
}

async function passOn(host: Host, cairnUrl: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of req) parts.push(part as Buffer)
  const body = Buffer.concat(parts)
  const text = body.toString()
  if (req.method === 'POST') host.sent.push(text)
  const { mode } = host
  const cors = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'Retry-After' }
  if (mode === 'cut') return void res.destroy()
  if (mode === 'hang') return
  if (mode === 'slow') await sleep(2_000)
  if (mode === 'garbage') return void res.writeHead(200, { ...cors, 'Content-Type': 'text/html' }).end('<html>Please sign in to this network</html>')
  if (mode === 'small' && ((JSON.parse(text) as { events?: unknown[] }).events ?? []).length > 3)
    return void res.writeHead(413, { ...cors, 'Content-Type': 'text/html' }).end('<html>413 Request Entity Too Large</html>')
  if (typeof mode === 'number') return void res.writeHead(mode, { ...cors, ...(mode === 429 || mode === 503 ? { 'Retry-After': '1' } : {}) }).end('{}')
  const { origin, host: _host, ...headers } = req.headers
  const passed = request(cairnUrl + (req.url ?? ''), { method: req.method ?? 'GET', headers: { ...headers, ...(origin ? { origin } : {}) } }, (answer) => {
    if (mode === 'lost') {
      answer.resume()
      answer.on('end', () => res.destroy())
      return
    }
    res.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(res)
  })
  passed.on('error', () => res.destroy())
  passed.end(body)
}
