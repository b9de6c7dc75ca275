import { setTimeout as sleep } from 'node:timers/promises'
import { describe, test } from 'vitest'
import { makeLog } from '../server/src/base/log.ts'
import { systemClock } from '../server/src/base/time.ts'
import { EmbeddedEngine } from '../server/src/store/engine.ts'
import { healthIsOk, healthNames, isRunning, nothingLost, reckon, startClient, withServer } from './faults.ts'
import { eventually, freePort, read, SECRET_KEY, send, temporaryFolder } from './server.ts'

describe.concurrent('the event store', { timeout: 90_000 }, () => {
  test('frozen: events are taken on, health names it and the remedy, and after the watchdog’s restart everything is loaded', ({ expect }) =>
    withServer(async ({ url, server }) => {
      const client = startClient(() => url)
      await sleep(500)
      const frozen = server.enginePid()
      process.kill(frozen, 'SIGSTOP')
      const health = await healthNames(url, 'store')
      expect(health).toMatchObject({
        code: 200,
        status: 'degraded',
        parts: {
          journal: { status: 'ok' },
          store: {
            status: 'down',
            message: expect.stringMatching(/does not answer/) as string,
            remedy: expect.stringMatching(/restarted by itself/) as string,
          },
        },
      })
      // A read says that it cannot be answered; it does not hang.
      const asked = await fetch(`${url}/api/events/types`, { headers: { Authorization: `Bearer ${SECRET_KEY}` }, signal: AbortSignal.timeout(20_000) })
      expect([200, 503]).toContain(asked.status)
      await eventually(
        async () => isRunning(frozen),
        (running) => !running,
      )
      await healthIsOk(url)
      await client.stop()
      expect(client.failures).toEqual({})
      expect(await reckon(url, client.acknowledged)).toEqual(nothingLost)
    }))

  test('killed: events are taken on, health names it, and after its restart everything is loaded, once', ({ expect }) =>
    withServer(async ({ url, server }) => {
      const client = startClient(() => url)
      for (let kill = 0; kill < 2; kill++) {
        await sleep(400)
        const pid = server.enginePid()
        process.kill(pid, 'SIGKILL')
        const health = await healthNames(url, 'store')
        expect(health).toMatchObject({ code: 200, status: 'degraded', parts: { store: { status: 'down', remedy: expect.any(String) as string } } })
        await eventually(
          async () => server.enginePid(),
          (now) => now !== pid,
        )
        await healthIsOk(url)
      }
      await client.stop()
      expect(client.failures).toEqual({})
      expect(await reckon(url, client.acknowledged)).toEqual(nothingLost)
    }))

  test('not reachable at the start: events are taken, health names it and the remedy, and once it is there everything is loaded', async ({ expect }) => {
    const port = await freePort()
    const folder = temporaryFolder()
    const engine = new EmbeddedEngine({ dataDir: folder.path, memoryBytes: 1024 ** 3, log: makeLog('silent'), clock: systemClock, listen: { port } })
    try {
      await withServer(
        async ({ url }) => {
          const client = startClient(() => url)
          const health = await healthNames(url, 'store')
          expect(health).toMatchObject({
            code: 200,
            status: 'degraded',
            parts: { store: { status: 'down', kind: 'clickhouse', remedy: expect.stringMatching(/CLICKHOUSE_URL/) as string } },
          })
          await sleep(1_500)
          expect(client.failures).toEqual({})
          expect((await fetch(`${url}/api/events/types`, { headers: { Authorization: `Bearer ${SECRET_KEY}` } })).status).toBe(503)
          await engine.start()
          await healthIsOk(url)
          await client.stop()
          expect(client.acknowledged.size).toBeGreaterThan(100)
          expect(await reckon(url, client.acknowledged)).toEqual(nothingLost)
        },
        { CLICKHOUSE_URL: `http://127.0.0.1:${port}` },
      )
    } finally {
      await engine.stop()
      folder.remove()
    }
  })

  test('in the middle of queries when its server is killed: it is gone within 2 s, and the next start goes on', ({ expect }) =>
    withServer(async ({ url, server, start }) => {
      const acknowledged = new Set<string>()
      const events = Array.from({ length: 1_000 }, (_, n) => ({ event_type: `type_${n % 50}`, user_id: `user${n}`, metadata: { n, text: `text ${n}` } }))
      // 100,000 rows, and ids on some of them.
      for (let batch = 0; batch < 100; batch++) {
        const ids = batch % 10 === 0 ? events.map((event) => ({ ...event, event_id: crypto.randomUUID() })) : events
        expect((await send(url, '/api/events/log/batch', { events: ids })).status).toBe(200)
        for (const event of ids) if ('event_id' in event) acknowledged.add(String(event.event_id))
      }
      await read(url, '/api/events/analytics')
      const engine = server.enginePid()
      const questions = Array.from({ length: 12 }, async (_, n) => {
        try {
          const answer = await fetch(`${url}/api/events/${n % 2 === 0 ? 'export' : 'analytics'}?days=30&metadata.text=nowhere${n}`, {
            headers: { Authorization: `Bearer ${SECRET_KEY}` },
          })
          await answer.text()
          return 'answered'
        } catch {
          return 'cut'
        }
      })
      await sleep(20)
      await server.kill()
      expect(await Promise.all(questions)).toContain('cut')
      await eventually(
        async () => isRunning(engine),
        (running) => !running,
      )
      await start()
      await healthIsOk(url)
      expect(await reckon(url, acknowledged)).toEqual(nothingLost)
    }))
})
