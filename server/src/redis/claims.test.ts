import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startRedis, type TestRedis } from '../../../test/redis.ts'
import { makeLog } from '../base/log.ts'
import { uuidv7 } from '../base/ids.ts'
import { Handover } from '../ingest/handover.ts'
import { Journal, type SealedSegment } from '../ingest/journal.ts'
import { kinds } from '../ingest/record.ts'
import { readSegment } from '../ingest/segment.ts'
import { Claims } from './claims.ts'
import { openRedis } from './client.ts'

const log = makeLog('silent')
let server: TestRedis
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.remove())

let runs = 0
/** A node that has started. */
async function startNode(node: string, pendingMs = 60_000): Promise<Claims> {
  const redis = await openRedis({ url: server.url, log })
  const claims = new Claims({ redis, node, run: `run${++runs}`, log, pendingMs })
  await claims.start()
  onTestFinished(async () => {
    await claims.close()
    redis.close()
  })
  return claims
}
const [A, B] = ['n00000000000a', 'n00000000000b']
const none = new Set()

test('an id that another node is at is waited for, and is a repetition once that has confirmed it; of another workspace it is another id', async () => {
  const [a, b, id] = [await startNode(A), await startNode(B), uuidv7(1)]
  expect(await a.claim(1, [id, id])).toEqual(none)
  expect(await b.claim(2, [id])).toEqual(none)
  let answered = false
  const waiting = b.claim(1, [uuidv7(2), id]).finally(() => (answered = true))
  await sleep(50)
  expect(answered).toBe(false)
  a.confirm(1, [{ workspaceId: 1, eventId: id }])
  expect(await waiting).toEqual(new Set([id]))
  expect(await a.claim(1, [id])).toEqual(new Set([id]))
})

test('what a node gives back, or has claimed in a run before this one, may be taken at once', async () => {
  const [a, b, given, left] = [await startNode(A), await startNode(B), uuidv7(1), uuidv7(2)]
  await a.claim(1, [given, left])
  a.giveBack(1, [given])
  expect(await b.claim(1, [given])).toEqual(none)
  const again = await startNode(A)
  expect(await again.claim(1, [left])).toEqual(none)
  const third = await startNode(A)
  expect(await b.claim(1, [left])).toEqual(none)
  expect(third.unconfirmed).toBe(0)
})

test('a node whose claim ran out while it wrote sets its event aside: readers find a repetition, and the counts add up', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cairn-claims-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const [slow, other, taken, own] = [await startNode(A, 50), await startNode(B), uuidv7(1), uuidv7(2)]
  await slow.claim(1, [taken, own])
  await sleep(60)
  expect(await other.claim(1, [taken])).toEqual(none)
  other.confirm(1, [{ workspaceId: 1, eventId: taken }])
  await other.settled(1)

  const told: SealedSegment[] = []
  const handover = new Handover({ claims: slow, log, tell: (segment) => told.push(segment) })
  const journal = new Journal({
    dir,
    maxBytes: 1e9,
    clock: { now: () => 1_780_000_000_000 },
    log,
    hooks: {
      committed: (group, seq) => slow.confirm(seq, group.claimed),
      sealed: (segment) => handover.add(segment),
      refused: () => undefined,
      diskLow: () => undefined,
    },
  })
  await journal.recover(0, () => undefined)
  const { group } = journal
  for (const id of [taken, own]) {
    group.add(`${kinds.event}\t1\t1780000000000\tk\tt/1\tapi\t${id}\t{}\ttyped`)
    group.claimed.push({ workspaceId: 1, eventId: id })
  }
  const receipt = { workspaceId: 1, hour: 494_444 * 3_600, keyId: 'k', tracker: 't/1', source: 'api', reason: '' }
  group.receipt({ ...receipt, outcome: 'received', events: 2 })
  group.receipt({ ...receipt, outcome: 'accepted', events: 2 })
  await journal.commit()
  await journal.close()
  await expect.poll(() => told.length).toBe(1)
  const [{ path, receipts } = { path: '', receipts: [] }] = told
  const counts = Object.fromEntries(receipts.map(({ outcome, events }) => [outcome, events]))
  expect(counts).toEqual({ received: 2, accepted: 2, deduplicated: 1 })
  const ids: string[] = []
  const read = await readSegment(readFileSync(path), { onEvent: (_, id) => ids.push(id) })
  expect({ ids, events: read.events, damaged: read.damaged, clean: read.clean }).toEqual({ ids: [own], events: 1, damaged: 0, clean: true })
  expect(slow.anyLost).toBe(false)
})

test('an id that is known of takes less than 40 bytes', async () => {
  await server.ask('CONFIG', 'SET', 'appendonly', 'no')
  const a = await startNode(A)
  const used = async (): Promise<number> => Number(/used_memory_dataset:(\d+)/.exec(await server.ask('INFO', 'memory'))?.[1])
  const before = await used()
  // 78 to a hash, as 10 million a day come to.
  const ids = Array.from({ length: 50_000 }, (_, n) => ({ workspaceId: 3, eventId: `${uuidv7(1).slice(0, 32)}${(n % 640).toString(16).padStart(4, '0')}` }))
  a.confirm(1, ids)
  await a.settled(1)
  expect(((await used()) - before) / ids.length).toBeLessThan(40)
  expect(
    await a.claim(
      3,
      ids.slice(0, 100).map(({ eventId }) => eventId),
    ),
  ).toHaveProperty('size', 100)
})
