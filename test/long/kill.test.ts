import { expect, test } from 'vitest'
import { killInRejections } from '../entities.kill.ts'

test('a server that is killed at any step of a rejection leaves all of it or nothing', { timeout: 600_000 }, async () => {
  const found = await killInRejections(1)
  expect(found.length).toBeGreaterThan(12)
  // Up to its commit nothing, from then on everything: both were seen.
  expect(found.join()).toMatch(/^(none,)+all(,all)+$/)
})
