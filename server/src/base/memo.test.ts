import { expect, test } from 'vitest'
import { Memo } from './memo.ts'

test('what is asked for again outlives what is not, within twice the bound', () => {
  const memo = new Memo<{ n: number }>(10)
  memo.set('kept', { n: -1 })
  for (let n = 0; n < 1_000; n++) {
    memo.set(`once ${n}`, { n })
    expect(memo.get('kept')).toEqual({ n: -1 })
  }
  const left = Array.from({ length: 1_000 }, (_, n) => memo.get(`once ${n}`)).filter((value) => value !== undefined)
  expect(left.length).toBeLessThanOrEqual(20)
})

test('a long key is answered but not kept', () => {
  const memo = new Memo<{ n: number }>(10)
  expect(memo.set('x'.repeat(513), { n: 1 })).toEqual({ n: 1 })
  expect(memo.get('x'.repeat(513))).toBeUndefined()
})
