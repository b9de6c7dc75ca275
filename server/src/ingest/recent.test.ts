import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeLog } from '../base/log.ts'
import { MINUTE } from '../base/time.ts'
import type { SealedSegment } from './journal.ts'
import { Recent } from './recent.ts'

let folder = ''
let now = Date.now()
const clock = { now: () => now }
const open = (maxBytes = 1_000): Recent => new Recent({ dir: join(folder, 'recent'), maxBytes, clock, log: makeLog('silent') })
const files = (): string[] => readdirSync(join(folder, 'recent')).toSorted()
const nameOf = (number: number, ending = 'tsv'): string => `${String(number).padStart(14, '0')}.${ending}`

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cairn-recent-'))
  mkdirSync(join(folder, 'segments'))
  now = Date.now()
})
afterEach(() => rmSync(folder, { recursive: true }))

function seal(recent: Recent, number: number, bytes = 100): SealedSegment {
  const path = join(folder, 'segments', nameOf(number))
  writeFileSync(path, 'x'.repeat(bytes))
  const segment = { number, path, bytes, lastSeq: number, receipts: [], ids: 0 }
  recent.add(segment)
  return segment
}
const listed = (recent: Recent): number[] => {
  const numbers: number[] = []
  for (let number = recent.after(0); number !== undefined; number = recent.after(number)) numbers.push(number)
  return numbers
}

test('a segment is read from the journal until it is passed, then from here, also after a restart', async () => {
  const recent = open()
  const first = seal(recent, 11)
  seal(recent, 12)
  expect([(await recent.read(11))?.length, recent.keptBytes]).toEqual([100, 0])
  await recent.keep(first)
  expect(existsSync(first.path)).toBe(false)
  expect([(await recent.read(11))?.length, recent.keptBytes, listed(recent)]).toEqual([100, 100, [11, 12]])
  await recent.close()
  const again = open()
  expect([(await again.read(11))?.length, again.last, again.gone, listed(again)]).toEqual([100, 11, 0, [11]])
  await again.close()
})

test('what is over the bound or older than ten minutes goes, and its number says up to where', async () => {
  const recent = open(250)
  for (const number of [11, 12, 13]) await recent.keep(seal(recent, number))
  expect([recent.gone, listed(recent), files()]).toEqual([11, [12, 13], [nameOf(11, 'gone'), nameOf(12), nameOf(13)]])
  now += 10 * MINUTE
  await recent.keep(seal(recent, 14))
  expect(listed(recent)).toEqual([13, 14])
  now += 2 * MINUTE
  await recent.keep(seal(recent, 15))
  expect([recent.gone, listed(recent), files()]).toEqual([13, [14, 15], [nameOf(13, 'gone'), nameOf(14), nameOf(15)]])
  await recent.close()
})

test('letting go deletes what is kept at once and what is still in the journal when that is passed, also over a crash', async () => {
  const recent = open()
  await recent.keep(seal(recent, 11))
  const waiting = seal(recent, 12)
  await recent.letGo()
  expect([recent.gone, recent.last, recent.keptBytes, listed(recent), files()]).toEqual([12, 12, 0, [], [nameOf(12, 'gone')]])
  expect(await recent.read(12)).toBeUndefined()
  await recent.close()
  // The start tells of what the journal still holds.
  const again = open()
  again.add(waiting)
  expect(listed(again)).toEqual([])
  await again.keep(waiting)
  expect([existsSync(waiting.path), files()]).toEqual([false, [nameOf(12, 'gone')]])
  await again.close()
})

test('what a crash between the mark and the deletions left is not taken up again, and goes', async () => {
  const recent = open()
  for (const number of [11, 12, 13]) await recent.keep(seal(recent, number))
  await recent.close()
  writeFileSync(join(folder, 'recent', nameOf(12, 'gone')), '')
  const again = open()
  expect([again.gone, listed(again), again.keptBytes]).toEqual([12, [13], 100])
  await again.keep(seal(again, 14))
  expect(files()).toEqual([nameOf(12, 'gone'), nameOf(13), nameOf(14)])
  await again.close()
})

test('where a segment cannot be moved it is deleted, and nothing before it counts as whole', async () => {
  const recent = open()
  await recent.keep(seal(recent, 11))
  const segment = seal(recent, 12)
  mkdirSync(join(folder, 'recent', nameOf(12)))
  writeFileSync(join(folder, 'recent', nameOf(12), 'in the way'), '')
  await recent.keep(segment)
  expect([existsSync(segment.path), recent.gone, listed(recent)]).toEqual([false, 12, []])
  await recent.close()
})
