import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SeenIds } from './seen.ts'

let dir = ''
let now = Date.parse('2026-11-20T10:00:00Z')
const clock = { now: () => now }
const open = (maxGenerations = 8): SeenIds => new SeenIds({ dir, clock, maxGenerations })
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cairn-seen-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

test('an id is new once per workspace, in any letter case', () => {
  const seen = open()
  seen.load()
  const id = '01900000-abcd-7abc-8def-0123456789ab'
  expect(seen.take(1, id)).toBe(true)
  expect(seen.take(1, id)).toBe(false)
  expect(seen.take(1, id.toUpperCase())).toBe(false)
  expect(seen.take(2, id)).toBe(true)
})

test('ids of sealed segments survive a restart, and the last covered segment is told', async () => {
  const seen = open()
  seen.load()
  const first = Array.from({ length: 1_000 }, () => randomUUID())
  const second = Array.from({ length: 500 }, () => randomUUID())
  for (const id of first) seen.take(7, id)
  seen.sealed(3, 1_000)
  await seen.save()
  for (const id of second) seen.take(7, id)
  seen.sealed(4, 500)
  await seen.save()
  await seen.close()

  const again = open()
  expect(again.load()).toBe(4)
  expect(first.concat(second).filter((id) => again.take(7, id))).toEqual([])
  expect(again.take(7, randomUUID())).toBe(true)
})

test('ids of groups in flight are not saved with the segment that is sealed', async () => {
  const seen = open()
  seen.load()
  const [committed, inFlight] = [randomUUID(), randomUUID()]
  seen.take(1, committed)
  seen.take(1, inFlight)
  seen.sealed(1, 1)
  expect(seen.take(1, inFlight)).toBe(false)
  expect(seen.take(1, committed)).toBe(false)
  await seen.close()

  const again = open()
  again.load()
  expect(again.take(1, committed)).toBe(false)
  expect(again.take(1, inFlight)).toBe(true)
})

test('ids whose group could not be written are forgotten, those of the open segment are not', () => {
  const seen = open()
  seen.load()
  const [kept, failed] = [randomUUID(), randomUUID()]
  seen.take(1, kept)
  seen.take(1, failed)
  seen.forget(1)
  expect(seen.take(1, kept)).toBe(false)
  expect(seen.take(1, failed)).toBe(true)
  expect(seen.take(1, failed)).toBe(false)
})

test('a file cut in the middle of an entry is read up to its last whole mark', async () => {
  const seen = open()
  seen.load()
  const [whole, cut] = [randomUUID(), randomUUID()]
  seen.take(1, whole)
  seen.sealed(1, 1)
  await seen.save()
  seen.take(1, cut)
  seen.sealed(2, 1)
  await seen.save()
  await seen.close()
  truncateSync(join(dir, '00000001.ids'), 75)

  const again = open()
  expect(again.load()).toBe(1)
  expect(again.take(1, whole)).toBe(false)
  expect(again.take(1, cut)).toBe(true)
})

test('three million random ids: no new one is taken for a duplicate, every repetition is found, and the oldest go when memory is short', async () => {
  const seen = open(2)
  seen.load()
  const id = (n: number): string => `${((n * 2_654_435_761) % 4_294_967_296).toString(16).padStart(8, '0')}-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
  let segment = 0
  for (let n = 0; n < 3_000_000; n++) {
    if (!seen.take(1, id(n))) throw new Error(`id ${n} taken for a duplicate`)
    if (n % 100_000 === 99_999) {
      seen.sealed(++segment, 100_000)
      await seen.save()
    }
  }
  expect(readdirSync(dir)).toEqual(['00000002.ids', '00000003.ids'])
  for (let n = 1_600_000; n < 3_000_000; n += 97) expect(seen.take(1, id(n))).toBe(false)
  now += 60_000
  expect(seen.windowMs).toBeLessThan(24 * 3_600_000)
  await seen.close()
})
