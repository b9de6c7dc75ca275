import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeLog } from '../base/log.ts'
import { Journal, type SealedSegment } from './journal.ts'
import { encodeRecord, kinds, plainPayload, readRecord, unescapeField } from './record.ts'
import { readSegment, type Receipt } from './segment.ts'

let dir = ''
let sealed: SealedSegment[] = []
const log = makeLog('silent')
const clock = { now: () => 1_780_000_000_000 }
/** A journal that a test leaves open, as a crash does, must not seal by age a second later, while the test plays with its files. */
const open = (): Journal => {
  const own = sealed
  const journal = new Journal({
    dir,
    maxBytes: 1e9,
    clock,
    log,
    hooks: { committed: () => undefined, sealed: (s) => own.push(s), refused: () => undefined, diskLow: () => undefined },
  })
  journal.holdBack = true
  return journal
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cairn-journal-'))
  sealed = []
})
afterEach(() => rmSync(dir, { recursive: true }))

const base = { workspaceId: 1, hour: 494_444 * 3_600, keyId: 'k', tracker: 't/1', source: 'api', reason: '' }
const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`

/** One request with `events` events, as the way in writes it. */
function write(journal: Journal, first: number, events: number): Promise<number> {
  const { group } = journal
  for (let n = first; n < first + events; n++) {
    group.add(
      plainPayload(kinds.event, {
        workspaceId: 1,
        receivedAt: 494_444 * 3_600_000,
        keyId: 'k',
        tracker: 't/1',
        source: 'api',
        id: id(n),
        data: { n, text: 'täg\t"\\\n' },
      }),
    )
    group.events++
    group.ids++
  }
  group.receipt({ ...base, outcome: 'received', events })
  group.receipt({ ...base, outcome: 'accepted', events })
  return journal.commit()
}
const sum = (receipts: readonly Receipt[], outcome: Receipt['outcome']): number =>
  receipts.filter((r) => r.outcome === outcome).reduce((n, r) => n + r.events, 0)
const segmentFile = (): string => join(dir, readdirSync(dir).find((f) => /\.(tsv|open)$/.test(f)) ?? '')

async function recover(): Promise<{ ids: string[]; receipts: Receipt[]; cutBytes: number; damaged: number; lastSeq: number }> {
  const journal = open()
  const ids: string[] = []
  const { segments, cutBytes, damaged } = await journal.recover(0, (_, eventId) => ids.push(eventId))
  await journal.close()
  return { ids, receipts: segments.flatMap((s) => s.receipts), cutBytes, damaged, lastSeq: journal.lastSeq }
}

test('requests of one moment share a commit, and positions only grow', async () => {
  const journal = open()
  await journal.recover(0, () => undefined)
  const positions = await Promise.all([write(journal, 0, 3), write(journal, 3, 2)])
  expect(positions).toEqual([1, 1])
  expect(await write(journal, 5, 1)).toBe(2)
  await journal.close()
  expect(sealed.map((s) => ({ lastSeq: s.lastSeq, ids: s.ids, accepted: sum(s.receipts, 'accepted') }))).toEqual([{ lastSeq: 2, ids: 6, accepted: 6 }])
})

test('an open segment left by a crash is read back whole, and positions go on from there', async () => {
  const journal = open()
  await journal.recover(0, () => undefined)
  await write(journal, 0, 3)
  await write(journal, 3, 2)
  // No close: the process is gone.
  const after = await recover()
  expect(after).toMatchObject({ ids: [0, 1, 2, 3, 4].map(id), cutBytes: 0, damaged: 0, lastSeq: 2 })
  expect(sum(after.receipts, 'accepted')).toBe(5)
})

test('a group that was not written to its end is cut, wherever the cut falls', async () => {
  const journal = open()
  await journal.recover(0, () => undefined)
  await write(journal, 0, 2)
  const whole = readFileSync(segmentFile())
  await write(journal, 2, 3)
  const path = segmentFile()
  const both = readFileSync(path)
  for (let length = whole.length; length < both.length; length += 7) {
    writeFileSync(path.replace(/\.tsv$/, '.open'), both.subarray(0, length))
    const after = await recover()
    expect({ length, ids: after.ids, cut: after.cutBytes }).toEqual({ length, ids: [0, 1].map(id), cut: length - whole.length })
    rmSync(segmentFile())
  }
})

test('a flipped byte anywhere costs at most its record, and is counted as damaged', async () => {
  const journal = open()
  await journal.recover(0, () => undefined)
  await write(journal, 0, 2)
  await write(journal, 2, 2)
  await journal.close()
  const good = readFileSync(segmentFile())
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
      const bad = Buffer.from(good)
      bad[at] = (bad[at] ?? 0) ^ bits
      const ids: string[] = []
      const segment = await readSegment(bad, { onEvent: (_, eventId) => ids.push(eventId) })
      expect(ids.length).toBeGreaterThanOrEqual(3)
      expect(segment.events).toBe(ids.length)
      expect(segment.damaged).toBeLessThanOrEqual(1)
      // The receipts account for everything that was promised: stored or damaged.
      expect(sum(segment.receipts, 'accepted')).toBe(4)
      expect(sum(segment.receipts, 'damaged')).toBe(4 - ids.length)
      expect(segment.clean).toBe(false)
    }),
    { numRuns: 1_000 },
  )
})

test('what was never acknowledged does not come back: a tail of zeros or noise is cut', async () => {
  const journal = open()
  await journal.recover(0, () => undefined)
  await write(journal, 0, 2)
  const path = segmentFile()
  appendFileSync(path, Buffer.alloc(5_000))
  appendFileSync(path, '00000000000000\tE\tnoise\n')
  const after = await recover()
  expect(after).toMatchObject({ ids: [0, 1].map(id), damaged: 0 })
  expect(after.cutBytes).toBeGreaterThan(5_000)
})

test('a sealed segment that somebody cut short gives what is whole', async () => {
  const journal = open()
  await journal.recover(0, () => undefined)
  await write(journal, 0, 2)
  const whole = readFileSync(segmentFile()).length
  await write(journal, 2, 2)
  await journal.close()
  truncateSync(segmentFile(), whole + 40)
  const segment = await readSegment(readFileSync(segmentFile()))
  expect({ events: segment.events, clean: segment.clean, committedBytes: segment.committedBytes }).toEqual({ events: 2, clean: false, committedBytes: whole })
})

test('when the disk fails everything in flight is refused, and intake goes on in a new segment', async () => {
  const refused: number[] = []
  const journal = new Journal({
    dir,
    maxBytes: 1e9,
    clock,
    log,
    hooks: { committed: () => undefined, sealed: (s) => sealed.push(s), refused: (ids) => refused.push(ids), diskLow: () => undefined },
  })
  await journal.recover(0, () => undefined)
  await write(journal, 0, 2)
  // The next segment cannot be made where its folder is missing.
  await journal.sealNow()
  rmSync(dir, { recursive: true })
  await expect(write(journal, 2, 1)).rejects.toMatchObject({ code: 'overloaded' })
  expect(refused).toEqual([0])
  expect(journal.fault?.message).toContain('cannot be written')
  mkdirSync(dir)
  expect(await write(journal, 2, 1)).toBe(2)
  expect(journal.fault).toBeUndefined()
  await journal.close()
})

test('a record of any text is one line, and reads back as written', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const payload = plainPayload(kinds.property, {
        workspaceId: 1,
        receivedAt: 1,
        keyId: 'k',
        tracker: '',
        source: 'api',
        id: id(1),
        data: { text: text.toWellFormed() },
      })
      const record = encodeRecord(payload)
      expect(record.indexOf(10)).toBe(record.length - 1)
      const found = readRecord(record, 0)
      expect(record.toString('utf8', found?.start, found?.end)).toBe(payload)
      const data = payload.slice(payload.lastIndexOf('\t') + 1)
      expect(JSON.parse(unescapeField(data))).toEqual({ text: text.toWellFormed() })
    }),
  )
})

test('a segment is sealed after a second also where writes never pause, and whoever asks for it waits for no pause', async () => {
  const journal = open()
  journal.holdBack = false
  await journal.recover(0, () => undefined)
  let stop = false
  let n = 0
  const writer = async (): Promise<void> => {
    while (!stop) await write(journal, n++, 1)
  }
  const writers = Promise.all([writer(), writer(), writer(), writer()])
  await write(journal, n++, 1)
  try {
    const before = sealed.length
    await journal.sealNow()
    const asked = sealed.length
    expect(asked).toBeGreaterThan(before)
    // A slow disk may have let more seconds pass than were waited for here.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(sealed.length).toBeGreaterThan(asked)
  } finally {
    stop = true
    await writers
  }
  await journal.close()
  expect(
    sum(
      sealed.flatMap((s) => s.receipts),
      'accepted',
    ),
  ).toBe(n)
})

test('a request that writes nothing is answered at once, with the position of what came before it', async () => {
  const journal = open()
  await journal.recover(0, () => undefined)
  expect(await journal.commit()).toBe(0)
  await write(journal, 0, 1)
  expect(await journal.commit()).toBe(1)
  const [first, second] = [write(journal, 1, 1), journal.commit()]
  expect(await Promise.all([first, second])).toEqual([2, 2])
  await journal.close()
})

test('a fault of the disk is over once the disk takes bytes again, also where nobody writes', async () => {
  const journal = open()
  await journal.recover(0, () => undefined)
  rmSync(dir, { recursive: true })
  await expect(write(journal, 0, 1)).rejects.toMatchObject({ code: 'overloaded' })
  expect(journal.fault).toBeDefined()
  mkdirSync(dir)
  for (let waited = 0; journal.fault && waited < 3_000; waited += 50) await new Promise((resolve) => setTimeout(resolve, 50))
  expect(journal.fault).toBeUndefined()
  await expect.poll(() => readdirSync(dir)).toEqual([])
  await journal.close()
})
