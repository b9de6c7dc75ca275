import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LiveFilter } from '@cairn/wire/live'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { WebSocket as Socket, WebSocketServer } from 'ws'
import { LiveConnection, type Pauses } from '../dashboard/src/live/connection.ts'
import { nextPhase, type Happening, type Phase, type PhaseName } from '../dashboard/src/live/phase.ts'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'

/** The screens’ client of /api/live, on a line that is cut, goes silent and comes back. */
let cairn: TestCairn
const ends: Array<() => void> = []
beforeAll(async () => {
  cairn = await startCairn()
})
afterEach(() => ends.splice(0).forEach((end) => end()))
afterAll(() => cairn.close())

const quick: Pauses = { silenceMs: 40_000, connectMs: 5_000, firstMs: 20, mostMs: 200 }

/** Stands between client and Cairn, and signs in for it: Node’s WebSocket sends no headers. */
async function line(
  w: TestWorkspace,
): Promise<{ url: string; cut: () => void; mute: (muted: boolean) => void; close: (code: number) => void; opened: () => number }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  let muted = false
  let opened = 0
  server.on('connection', (client) => {
    opened += 1
    const upstream = new Socket(`${cairn.url.replace('http', 'ws')}/api/live`, { headers: { Authorization: `Bearer ${w.secretKey}` } })
    const early: string[] = []
    client.on('message', (data: Buffer) => (upstream.readyState === Socket.OPEN ? upstream.send(data.toString()) : early.push(data.toString())))
    upstream.on('open', () => early.forEach((text) => upstream.send(text)))
    upstream.on('message', (data: Buffer) => !muted && client.send(data.toString()))
    upstream.on('close', (code) => client.close(code === 1006 ? 1011 : code))
    upstream.on('error', () => undefined)
    client.on('close', () => upstream.terminate())
    client.on('error', () => undefined)
  })
  ends.push(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => server.clients.forEach((client) => client.terminate()),
    mute: (now) => (muted = now),
    close: (code) => server.clients.forEach((client) => client.close(code)),
    opened: () => opened,
  }
}

function connect(url: string, { filter = {}, pauses = quick }: { filter?: LiveFilter; pauses?: Pauses } = {}) {
  const phases: Phase[] = []
  const ids: string[] = []
  const missed: Array<number | null> = []
  const connection = new LiveConnection(
    { url, filter, pauses },
    { phase: (phase) => phases.push(phase), events: (events) => ids.push(...events.map(({ event }) => event.event_id)), missed: (count) => missed.push(count) },
  )
  ends.push(() => connection.stop())
  const until = async (check: () => boolean, timeoutMs = 8_000): Promise<void> => {
    for (const end = performance.now() + timeoutMs; !check(); await sleep(10))
      if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${JSON.stringify({ phases: phases.slice(-5), ids: ids.length, missed })}`)
  }
  return { connection, phases, ids, missed, until, names: () => phases.map(({ is }) => is) }
}

const send = async (w: TestWorkspace, n: number, event: object = {}): Promise<string[]> => {
  const events = Array.from({ length: n }, () => ({ event_id: randomUUID(), event_type: 'a', user_id: 'u', ...event }))
  expect((await w.post('/api/events/log/batch', { events })).status).toBe(200)
  return events.map(({ event_id }) => event_id)
}

test('over a line that is cut again and again every event is told once, in order', async () => {
  const w = await cairn.workspace()
  const { url, cut, opened } = await line(w)
  const client = connect(url)
  await client.until(() => client.names().includes('open'))
  const sent: string[] = []
  for (let i = 0; i < 30; i++) {
    sent.push(...(await send(w, 3)))
    if (i % 6 === 3) cut()
    await sleep(60)
  }
  await client.until(() => client.ids.length >= sent.length)
  expect([client.ids, client.missed]).toEqual([sent, []])
  expect(opened()).toBeGreaterThanOrEqual(5)
})

test('only what matches is told, also after it came back', async () => {
  const w = await cairn.workspace()
  const { url, cut } = await line(w)
  const client = connect(url, { filter: { event_type: 'wanted' } })
  await client.until(() => client.names().includes('open'))
  const first = await send(w, 1, { event_type: 'wanted' })
  await send(w, 2)
  await client.until(() => client.ids.length === 1)
  cut()
  const second = await send(w, 1, { event_type: 'wanted' })
  await client.until(() => client.ids.length === 2)
  expect(client.ids).toEqual([...first, ...second])
})

test('a line that is silent is given up for another one, and nothing is lost with it', async () => {
  const w = await cairn.workspace()
  const { url, mute, opened } = await line(w)
  const client = connect(url, { pauses: { ...quick, silenceMs: 700 } })
  await client.until(() => client.names().includes('open'))
  mute(true)
  const sent = await send(w, 2)
  await client.until(() => client.names().includes('waiting'))
  mute(false)
  await client.until(() => client.ids.length === 2)
  expect([client.ids, opened() > 1]).toEqual([sent, true])
})

test('what the server ends for good is not tried again until somebody asks', async () => {
  const w = await cairn.workspace()
  const { url, close, opened } = await line(w)
  const client = connect(url)
  await client.until(() => client.names().includes('open'))
  close(4410)
  await client.until(() => client.names().includes('refused'))
  expect(client.phases.at(-1)).toEqual({ is: 'refused', why: 'ended', message: '' })
  client.connection.wake()
  await sleep(300)
  expect(opened()).toBe(1)
  client.connection.again()
  await client.until(() => client.names().filter((is) => is === 'open').length === 2)
})

test('a place that the server does not know is told as missed, and what comes from then on is told', async () => {
  const other = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  other.on('connection', (client) =>
    client.on('message', (data: Buffer) => {
      const { after } = JSON.parse(data.toString()) as { after?: string }
      if (after === undefined) client.send(JSON.stringify({ type: 'subscribed', subscription: 'events', at: 'elsewhere' }))
      else client.send(JSON.stringify({ type: 'error', code: 'invalid', message: 'after must be an id', fatal: false }))
    }),
  )
  const client = connect(`ws://127.0.0.1:${port}`)
  ends.push(() => other.close())
  await client.until(() => client.names().includes('open'))
  other.clients.forEach((socket) => socket.terminate())
  await client.until(() => client.names().filter((is) => is === 'open').length === 2)
  expect(client.missed).toEqual([null])
})

test('pauses grow while nobody answers, and end with the first connection', async () => {
  const client = connect('ws://127.0.0.1:9', { pauses: { ...quick, firstMs: 10, mostMs: 60 } })
  await client.until(() => client.names().filter((is) => is === 'waiting').length === 6)
  client.connection.stop()
  expect(client.phases.flatMap((phase) => (phase.is === 'waiting' ? [phase.tries] : []))).toEqual([1, 2, 3, 4, 5, 6])
  const told = client.phases.length
  await sleep(200)
  expect([client.phases.length, client.names().at(-1)]).toEqual([told, 'stopped'])
})

test('whatever happens in whatever order, a stopped connection stays stopped and a refused one waits for somebody', () => {
  const happenings: Happening[] = ['told', 'lost', 'due', 'ended', 'stop']
  for (let run = 0; run < 300; run++) {
    let phase = 'waiting' as PhaseName
    for (let i = 0; i < 40; i++) {
      const happening = happenings[Math.floor(Math.random() * happenings.length)] ?? 'due'
      const next = nextPhase[phase][happening] as PhaseName
      if (phase === 'stopped') expect(next).toBe('stopped')
      else if (happening === 'stop') expect(next).toBe('stopped')
      if (phase === 'refused' && happening !== 'stop') expect(next).toBe(happening === 'due' ? 'connecting' : 'refused')
      if (next === 'open') expect(phase === 'open' || (phase === 'connecting' && happening === 'told')).toBe(true)
      phase = next
    }
  }
})
