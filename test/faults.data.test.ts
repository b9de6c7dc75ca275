import { execFileSync } from 'node:child_process'
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, test } from 'vitest'
import { startCairn } from './cairn.ts'
import { healthIsOk, healthNames, healthOf, nothingLost, reckon, startClient, withServer, type Place } from './faults.ts'
import { eventually, freePort, SECRET_KEY, startServer, temporaryFolder } from './server.ts'

const segmentsOf = (place: Place): string => join(place.dataDir, 'journal', 'segments')
const filesOf = (place: Place, ending: string): string[] =>
  readdirSync(segmentsOf(place))
    .filter((name) => name.endsWith(ending))
    .toSorted()
    .map((name) => join(segmentsOf(place), name))

describe.concurrent('what is on disk', { timeout: 90_000 }, () => {
  test('a full disk: events are refused with 503, health names the journal and the remedy, and once there is space all that was acknowledged is there', async ({
    expect,
  }) => {
    const folder = temporaryFolder()
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=260m', 'cairn-test', folder.path], { stdio: 'pipe' })
    } catch (error) {
      folder.remove()
      throw new Error('This test fills a disk of its own and needs to mount a tmpfs: run it as root, or in a container with CAP_SYS_ADMIN.', { cause: error })
    }
    try {
      const dataDir = join(folder.path, 'data')
      mkdirSync(dataDir)
      await withServer(
        async ({ url }) => {
          const client = startClient(() => url)
          await sleep(500)
          fill(join(folder.path, 'ballast'))
          const health = await healthNames(url, 'journal')
          expect(health.parts.journal.remedy).toMatch(/disk|space/i)
          await eventually(
            () => healthOf(url),
            (now) => now.code === 503 && now.status === 'down',
          )
          await eventually(
            async () => client.failures['503'] ?? 0,
            (refused) => refused > 0,
          )
          rmSync(join(folder.path, 'ballast'))
          await healthIsOk(url)
          await client.stop()
          expect(Object.keys(client.failures)).toEqual(['503'])
          expect(await reckon(url, client.acknowledged)).toEqual(nothingLost)
        },
        {},
        dataDir,
      )
    } finally {
      execFileSync('umount', ['--lazy', folder.path])
      folder.remove()
    }
  })

  test('a journal whose tail was cut by a crash: what was acknowledged is there, and health says how much was cut', ({ expect }) =>
    withServer(async (place) => {
      const client = startClient(() => place.url, 0)
      await sleep(1_200)
      // Killed with an open segment, whatever the moment.
      await eventually(
        async () => filesOf(place, '.open').length,
        (open) => open > 0,
      )
      const acknowledged = new Set(client.acknowledged)
      await place.server.kill()
      const [open = filesOf(place, '.tsv').at(-1) ?? ''] = filesOf(place, '.open')
      const bytes = readFileSync(open)
      // The begin of another group, cut off in its middle: as the crash leaves a write that was not synced.
      const lines = bytes.toString('latin1').split('\n')
      const head = lines.findLastIndex((line) => line.split('\t')[1] === 'H')
      const half = lines.slice(head, head + 5).join('\n')
      if (open.endsWith('.open')) writeFileSync(open, Buffer.concat([bytes, Buffer.from(half, 'latin1')]))
      await place.start()
      const health = await healthIsOk(place.url)
      if (open.endsWith('.open')) expect(health.parts.journal.cut_at_start_bytes).toBeGreaterThanOrEqual(half.length)
      await client.stop()
      for (const id of client.acknowledged) acknowledged.add(id)
      expect(await reckon(place.url, acknowledged)).toEqual(nothingLost)
    }))

  test('a byte of a sealed segment flipped: it costs that one record, which the ledger counts and health shows', ({ expect }) =>
    withServer(async (place) => {
      // Frozen, so that nothing is loaded before the damage is done.
      process.kill(place.server.enginePid(), 'SIGSTOP')
      const client = startClient(() => place.url)
      await eventually(
        async () => filesOf(place, '.tsv').length,
        (sealed) => sealed > 0,
      )
      await client.stop()
      await place.server.kill()
      const [sealed = ''] = filesOf(place, '.tsv')
      const bytes = readFileSync(sealed)
      const at = bytes.indexOf('"text":"xxx') + 20
      bytes[at] = (bytes[at] ?? 0) ^ 0x04
      writeFileSync(sealed, bytes)
      await place.start()
      const { missing, ...rest } = await reckon(place.url, client.acknowledged)
      expect({ missing: missing.length, ...rest }).toEqual({ missing: 1, twice: 0, gap: 0, damaged: 1 })
      expect(await healthIsOk(place.url)).toMatchObject({ parts: { loader: { damaged_records: 1 } } })
    }))

  test('a locked catalog: events are taken as fast as ever, set-up routes answer 503, health names it, and all is well once it is free', ({ expect }) =>
    withServer(async (place) => {
      const headers = { Authorization: `Bearer ${SECRET_KEY}`, 'Content-Type': 'application/json' }
      const setUp = (): Promise<Response> => fetch(`${place.url}/api/keys`, { method: 'POST', headers, body: JSON.stringify({ kind: 'write', name: 'shop' }) })
      const before = startClient(() => place.url)
      await sleep(500)
      await before.stop()
      const catalog = new DatabaseSync(join(place.dataDir, 'catalog.sqlite'))
      catalog.exec('BEGIN EXCLUSIVE')
      const client = startClient(() => place.url)
      const from = performance.now()
      const refused = await setUp()
      expect(refused.status).toBe(503)
      expect(refused.headers.get('retry-after')).not.toBeNull()
      expect(performance.now() - from).toBeLessThan(2_500)
      expect(await refused.json()).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/catalog/) as string })
      const health = await healthNames(place.url, 'catalog')
      expect(health).toMatchObject({
        code: 200,
        status: 'degraded',
        parts: { catalog: { status: 'degraded', message: expect.stringMatching(/events are taken/) as string, remedy: expect.any(String) as string } },
      })
      await sleep(1_000)
      catalog.exec('ROLLBACK')
      catalog.close()
      await healthIsOk(place.url)
      await client.stop()
      // Who waits for the catalog waits for its patience, 1.5 s.
      expect({ failures: client.failures, slow: client.slowestMs > 1_000 ? client.slowestMs : false }).toEqual({ failures: {}, slow: false })
      expect((await setUp()).status).toBe(200)
      const acknowledged = new Set([...before.acknowledged, ...client.acknowledged])
      expect(await reckon(place.url, acknowledged)).toEqual(nothingLost)
    }))

  test('a second start on the same data folder is refused with the reason, and the first goes on', ({ expect }) =>
    withServer(async (place) => {
      const client = startClient(() => place.url)
      const second = startServer({ dataDir: place.dataDir, port: await freePort() })
      await expect(second).rejects.toThrow(new RegExp(`in use by the Cairn server with pid ${place.server.process.pid}.*CAIRN_DATA_DIR`, 's'))
      await client.stop()
      expect(client.failures).toEqual({})
      expect((await healthIsOk(place.url)).code).toBe(200)
      expect(await reckon(place.url, client.acknowledged)).toEqual(nothingLost)
    }))

  test('a clock set back an hour, and forward again: events are taken, found and counted once, and health is ok', async ({ expect }) => {
    const cairn = await startCairn()
    try {
      const w = await cairn.workspace()
      const sent = new Set<string>()
      const log = async (id: string): Promise<void> => {
        const { status, body } = await w.post('/api/events/log', { event_id: id, event_type: 'tick', user_id: 'u', metadata: { id } })
        expect({ status, id: body['event_id'] }).toEqual({ status: 200, id })
        sent.add(id)
      }
      const found = async (): Promise<number> => {
        const from = new Date(Date.now() - 86_400_000).toISOString()
        const to = new Date(Date.now() + 86_400_000).toISOString()
        return (await w.get<{ events: unknown[] }>(`/api/events?from=${from}&to=${to}&limit=1000`)).events.length
      }
      const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`
      let n = 0
      for (const jump of [0, -3_600_000, 7_200_000, -3_600_000]) {
        cairn.clock.advance(jump)
        for (let i = 0; i < 20; i++) await log(id(++n))
        // Sent again, from before the jump too.
        await log(id(n))
        await log(id(1))
        expect(await found()).toBe(n)
        const health = await healthIsOk(cairn.url)
        expect(health.parts.loader.status).toBe('ok')
      }
      const { total } = await w.get<{ total: Record<string, number> }>(
        `/api/ledger?by=total&from=${new Date(Date.now() - 86_400_000).toISOString()}&to=${new Date(Date.now() + 86_400_000).toISOString()}`,
      )
      expect(total).toMatchObject({ received: 88, accepted: 88, stored: 80, deduplicated: 8, damaged: 0, pending: 0, gap: 0 })
    } finally {
      await cairn.close()
    }
  })
})

/** Takes every byte that is left. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (let chunk = 4 * 1024 * 1024; chunk >= 4_096; chunk = chunk / 2) {
      const bytes = Buffer.alloc(chunk)
      try {
        for (;;) writeSync(file, bytes)
      } catch {
        // Full for this size; smaller pieces may still fit.
      }
    }
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
