import { expect, onTestFinished, test } from 'vitest'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { openCatalog } from '../server/src/catalog/db.ts'
import { createKey, ensureFirstWorkspace, listKeys } from '../server/src/catalog/keys.ts'
import { change } from '../server/src/catalog/version.ts'
import { updateWorkspace } from '../server/src/catalog/workspaces.ts'
import { connect, failure, ready, silent, until, watch, type Place } from './catalog.place.ts'
import { catalogSuite } from './catalog.suite.ts'

const place = async (): Promise<Place> => {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-catalog-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'data', 'catalog.db')
  const bytes = async (): Promise<Buffer> =>
    Buffer.concat(await Promise.all([file, `${file}-wal`].filter((path) => existsSync(path)).map((path) => readFile(path))))
  return { file, bytes }
}

catalogSuite('sqlite', place)

/** Runs an ES module in a process of its own; answers when it has said something, with what it said. */
const child = async (code: string): Promise<{ process: ChildProcess; said: string }> => {
  const running = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  onTestFinished(() => void running.kill('SIGKILL'))
  const [said] = (await Promise.race([once(running.stdout, 'data'), once(running, 'exit')])) as [unknown]
  if (!Buffer.isBuffer(said)) throw new Error('the process ended before it said anything')
  return { process: running, said: said.toString() }
}

const lockedBy = async (file: string): Promise<() => Promise<void>> => {
  const holder = await child(`
    import { DatabaseSync } from 'node:sqlite'
    const db = new DatabaseSync(${JSON.stringify(file)})
    db.exec('BEGIN EXCLUSIVE')
    console.log('locked')
    process.stdin.on('data', () => { db.exec('ROLLBACK'); process.exit() })
  `)
  return async () => {
    const gone = once(holder.process, 'exit')
    holder.process.stdin?.write('.')
    await gone
  }
}

test('a catalog locked by another process makes writes fail within 2 s while the event loop runs and look-ups go on', async () => {
  const at = await place()
  const catalog = await ready(at)
  const { workspaceId, keys } = await ensureFirstWorkspace(catalog.db, {})
  const directory = await watch(catalog)
  const unlock = await lockedBy(at.file)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const start = performance.now()
  // More than one in line: the last is told as early as the first.
  const attempts = Array.from({ length: 5 }, async () => {
    const error = await failure(updateWorkspace(catalog.db, { id: workspaceId, name: 'x' }))
    return { error, ms: performance.now() - start }
  })
  let lookUps = 0
  const ticking = setInterval(() => (lookUps += directory.keyOf(keys.write ?? '')?.workspaceId === workspaceId ? 1 : 0), 5)
  for (const { error, ms } of await Promise.all(attempts)) {
    expect(error).toMatchObject({ code: 'unavailable', message: 'The catalog is locked by another process. Try again in a few seconds.', retryAfterSeconds: 2 })
    expect(ms).toBeGreaterThan(1_000)
    expect(ms).toBeLessThan(2_000)
  }
  clearInterval(ticking)
  delay.disable()
  expect(lookUps).toBeGreaterThan(100)
  expect(delay.max / 1e6).toBeLessThan(500)

  await unlock()
  await updateWorkspace(catalog.db, { id: workspaceId, name: 'after' })
  await directory.refresh()
  expect(directory.status().status).toBe('ok')
})

test('a write that meets a short lock waits for it and succeeds', async () => {
  const at = await place()
  const catalog = await ready(at)
  const { workspaceId } = await ensureFirstWorkspace(catalog.db, {})
  const unlock = await lockedBy(at.file)
  const write = updateWorkspace(catalog.db, { id: workspaceId, name: 'patient' })
  await sleep(300)
  await unlock()
  expect(await write).toMatchObject({ name: 'patient' })
})

test('an acknowledged write survives kill -9', async () => {
  const at = await place()
  const catalogAt = (path: string): string => JSON.stringify(new URL(`../server/src/${path}`, import.meta.url).href)
  const writer = await child(`
    import { openCatalog } from ${catalogAt('catalog/db.ts')}
    import { catalogMigrateUp } from ${catalogAt('catalog/migrate.ts')}
    import { ensureFirstWorkspace } from ${catalogAt('catalog/keys.ts')}
    import { makeLog } from ${catalogAt('base/log.ts')}
    const catalog = await openCatalog({ file: ${JSON.stringify(at.file)}, log: makeLog('silent') })
    await catalogMigrateUp(catalog)
    const { keys } = await ensureFirstWorkspace(catalog.db, {})
    console.log(keys.write)
    process.kill(process.pid, 'SIGKILL')
  `)
  if (writer.process.signalCode === null && writer.process.exitCode === null) await once(writer.process, 'exit')
  expect(writer.process.signalCode).toBe('SIGKILL')
  const directory = await watch(await connect(at))
  expect(directory.keyOf(writer.said.trim())).toMatchObject({ kind: 'write' })
})

test('a transaction that kill -9 cuts leaves nothing behind, and no lock', async () => {
  const at = await place()
  const catalog = await ready(at)
  const { workspaceId } = await ensureFirstWorkspace(catalog.db, {})
  const holder = await child(`
    import { DatabaseSync } from 'node:sqlite'
    const db = new DatabaseSync(${JSON.stringify(at.file)})
    db.exec("BEGIN IMMEDIATE; UPDATE workspaces SET name = 'half'")
    console.log('written')
    setInterval(() => {}, 1000)
  `)
  holder.process.kill('SIGKILL')
  await once(holder.process, 'exit')
  expect(await updateWorkspace(catalog.db, { id: workspaceId, gpc: 'ignore' })).toMatchObject({ name: 'Default', gpc: 'ignore' })
})

test('a catalog thread that dies fails what was under way, and is replaced', async () => {
  const at = await place()
  let thread: Worker | undefined
  process.once('worker', (worker: Worker) => (thread = worker))
  const catalog = await ready(at)
  const { workspaceId } = await ensureFirstWorkspace(catalog.db, {})
  const cut = change(catalog.db, async (trx) => {
    await trx.updateTable('workspaces').set({ name: 'half' }).where('id', '=', workspaceId).execute()
    await thread?.terminate()
    return { answer: undefined, told: [] }
  })
  expect((await failure(cut)).code).toBe('unavailable')
  expect(await updateWorkspace(catalog.db, { id: workspaceId, gpc: 'ignore' })).toMatchObject({ name: 'Default', gpc: 'ignore' })
})

test('the file is readable for its owner only', async () => {
  const at = await place()
  await ready(at)
  for (const path of [at.file, `${at.file}-wal`]) expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
})

test('a file that is no catalog stops the start with a clear message', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-catalog-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'catalog.db')
  await writeFile(file, 'this is not a database, and long enough to be read as one'.repeat(50))
  expect(await failure(openCatalog({ file, log: silent }))).toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('is not a SQLite file') as string,
  })
})

test('closing answers what was asked before it and refuses what comes after', async () => {
  const at = await place()
  const catalog = await ready(at)
  const { workspaceId } = await ensureFirstWorkspace(catalog.db, {})
  const write = createKey(catalog.db, { workspaceId, kind: 'write', name: 'last' })
  const { plain } = await write
  await catalog.close()
  await expect(listKeys(catalog.db, { workspaceId })).rejects.toThrow('destroyed')
  const again = await watch(await connect(at))
  await until(() => again.keyOf(plain) !== undefined)
})
