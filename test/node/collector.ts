import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** A server in the place of Cairn that answers as a test wants it to, well or badly. */
export interface Collector {
  url: string
  requests: Received[]
  /** Answers requests from now on; the default takes everything. */
  answer: (request: Received, response: ServerResponse) => void
  /** Events of all requests so far, repeated ones too. */
  events: () => SentEvent[]
  close: () => Promise<void>
}

export interface Received {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: Record<string, unknown>
  text: string
}

export interface SentEvent {
  entity_type?: string
  entity_id?: string
  event_id: string
  event_type: string
  seq: number
  source_id: string
  user_id?: string
  anonymous_id?: string
  duration_ms?: number
  metadata?: Record<string, unknown>
}

/** For `expect.poll`: a machine that is busy with other things takes its time. */
export const soon = { timeout: 60_000, interval: 20 }

export const take = (_: Received, response: ServerResponse): void => void response.end('{"success":true}')
export const status =
  (code: number, body = '{"success":false}', headers: Record<string, string> = {}): Collector['answer'] =>
  (_, response) =>
    void response.writeHead(code, headers).end(body)

export async function startCollector(port = 0): Promise<Collector> {
  const collector: Collector = {
    url: '',
    requests: [],
    answer: take,
    events: () => collector.requests.flatMap(({ body }) => (body['events'] ?? []) as SentEvent[]),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const bytes = Buffer.concat(chunks)
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()
      const body = (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown>
      const received = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body, text }
      collector.requests.push(received)
      collector.answer(received, response)
    })
    request.on('error', () => undefined)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  collector.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return collector
}
