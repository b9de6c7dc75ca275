import { expect, test } from 'vitest'
import { Slots, TooManyWaiting } from '../server/src/store/engine/slots.ts'
import { failure } from './store.suite.ts'

const always = new AbortController().signal
const one = { query: 1, load: 1, admin: 1 }

test('slots go to those who wait in the order they came, and only once each', async () => {
  const slots = new Slots(one)
  const order: number[] = []
  const first = await slots.take('query', always)
  const later = [1, 2].map(async (n) => {
    const giveBack = await slots.take('query', always)
    order.push(n)
    giveBack()
  })
  ;(await slots.take('load', always))()
  expect(order).toEqual([])
  first()
  first()
  await Promise.all(later)
  expect(order).toEqual([1, 2])
  const again = await slots.take('query', always)
  const second = slots.take('query', AbortSignal.timeout(20))
  expect((await failure(second)).name).toBe('TimeoutError')
  again()
})

test('whoever leaves the queue or waits too long takes no slot', async () => {
  const slots = new Slots(one, 30)
  const giveBack = await slots.take('query', always)
  const leave = new AbortController()
  const left = failure(slots.take('query', leave.signal))
  const late = failure(slots.take('query', always))
  leave.abort(new Error('left'))
  expect((await left).message).toBe('left')
  expect(await late).toBeInstanceOf(TooManyWaiting)
  expect((await failure(slots.take('query', leave.signal))).message).toBe('left')
  giveBack()
  ;(await slots.take('query', always))()
})

test('the queue is bounded', async () => {
  const slots = new Slots(one)
  const leave = new AbortController()
  const giveBack = await slots.take('query', always)
  const waiting = Array.from({ length: 256 }, () => failure(slots.take('query', leave.signal)))
  expect(await failure(slots.take('query', always))).toBeInstanceOf(TooManyWaiting)
  leave.abort(new Error('left'))
  await Promise.all(waiting)
  giveBack()
})
