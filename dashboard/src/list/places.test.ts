import { expect, test } from 'vitest'
import { learnt, unknown } from './places.ts'

const full = (next: string | null) => ({ next, rows: 200 })

test('a list grows by the pages that were seen, and ends with the page that names no next one', () => {
  const two = learnt(learnt(unknown, 0, full('b'), 200), 1, full('c'), 200)
  expect(two).toEqual({ cursors: ['', 'b', 'c'], rows: 400 })
  expect(learnt(two, 2, { next: null, rows: 7 }, 200)).toEqual({ cursors: ['', 'b', 'c'], rows: 407 })
})

test('a page that is asked for again and says the same changes nothing', () => {
  const two = learnt(learnt(unknown, 0, full('b'), 200), 1, { next: null, rows: 3 }, 200)
  expect(learnt(two, 0, full('b'), 200)).toBe(two)
  expect(learnt(two, 1, { next: null, rows: 3 }, 200)).toBe(two)
  expect(learnt(two, 0, undefined, 200)).toBe(two)
})

test('what was known of later pages is forgotten once they begin elsewhere', () => {
  const two = learnt(learnt(unknown, 0, full('b'), 200), 1, full('c'), 200)
  expect(learnt(two, 0, full('new'), 200)).toEqual({ cursors: ['', 'new'], rows: 200 })
  expect(learnt(two, 0, { next: null, rows: 0 }, 200)).toEqual({ cursors: [''], rows: 0 })
})
