import { expect, test } from 'vitest'
import { scaleOf, writtenTicks, type Tick } from './scale.ts'

test('a value axis has three to five round, whole steps and holds the largest value', () => {
  for (const most of [0, 1, 3, 4, 5, 7, 9, 10, 12, 24, 99, 101, 250, 999, 1_001, 2_201, 33_333, 1_234_567, 9_999_999_999]) {
    const { max, step } = scaleOf(most)
    expect(max, `${most}`).toBeGreaterThanOrEqual(Math.max(1, most))
    expect(Number.isInteger(step) && Number.isInteger(max / step), `${most}: ${step}`).toBe(true)
    expect(max / step, `${most}`).toBeLessThanOrEqual(5)
  }
  expect([scaleOf(2_201), scaleOf(156), scaleOf(9)]).toEqual([
    { min: 0, max: 3_000, step: 1_000 },
    { min: 0, max: 200, step: 50 },
    { min: 0, max: 10, step: 5 },
  ])
})

test('it reaches below 0 where values do, and divides what is between whole numbers', () => {
  expect([scaleOf(30, { least: -12 }), scaleOf(0, { least: -3 }), scaleOf(0.8, { parts: true }), scaleOf(0, { parts: true })]).toEqual([
    { min: -20, max: 40, step: 20 },
    { min: -3, max: 0, step: 1 },
    { min: 0, max: 0.8, step: 0.2 },
    { min: 0, max: 0.25, step: 0.25 },
  ])
})

test('as many intervals are named as have room, at even distances, with the beginning of a day among them', () => {
  const hours: readonly Tick[] = Array.from({ length: 48 }, (_, i) => ({ text: `${i}`, major: i === 5 || i === 29 }))
  expect([...writtenTicks(hours, 900)]).toEqual([1, 5, 9, 13, 17, 21, 25, 29, 33, 37, 41, 45])
  expect([...writtenTicks(hours, 300)]).toEqual([5, 17, 29, 41])
  const days: readonly Tick[] = Array.from({ length: 7 }, (_, i) => ({ text: `${i}`, major: false }))
  expect([...writtenTicks(days, 300)]).toEqual([0, 2, 4, 6])
})
