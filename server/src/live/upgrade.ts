import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { LIVE_PATH } from '@cairn/wire/live'
import { WebSocketServer } from 'ws'
import type { Log } from '../base/log.ts'
import { problemOf } from '../http/answer.ts'
import type { Watcher } from '../http/auth.ts'
import type { Hub } from './hub.ts'

export interface UpgradeDeps {
  hub: Hub
  /** Throws where the caller may not watch. */
  authenticate: (request: IncomingMessage) => Promise<Watcher>
  log: Log
}

/** Of what a client says: a filter of the longest ids fits many times. */
const MAX_MESSAGE_BYTES = 64 * 1024

/**
 * Takes WebSockets on LIVE_PATH. Every other request that asks for an upgrade is answered as if it had not: some HTTP clients offer HTTP/2
 * with every POST, and their events must not be lost to it. A refusal is an HTTP answer like any other.
 */
export function acceptUpgrades(server: Server, { hub, authenticate, log }: UpgradeDeps): void {
  const sockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES })
  const accept = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    try {
      hub.admit()
      const watcher = await authenticate(request)
      await hub.prepare()
      hub.admit()
      sockets.handleUpgrade(request, socket, head, (opened) => hub.open(opened, watcher))
    } catch (error) {
      refuse(socket, error, log)
    }
  }
  Object.assign(server, { shouldUpgradeCallback: isForLive })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // The peer may go while it is looked up.
    socket.on('error', () => socket.destroy())
    void accept(request, socket, head)
  })
}

/** Asked of every request that wants an upgrade. */
const isForLive = ({ url = '', headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === 'websocket' && url.split('?')[0] === LIVE_PATH

function refuse(socket: Duplex, error: unknown, log: Log): void {
  const requestId = randomUUID()
  const { status, body, retryAfterSeconds } = problemOf(error, requestId)
  if (status >= 500 && status !== 503) log.error({ err: error, request_id: requestId, route: LIVE_PATH }, 'request failed')
  const text = JSON.stringify(body)
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    ...(retryAfterSeconds === undefined ? [] : [`Retry-After: ${retryAfterSeconds}`]),
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`)
}
