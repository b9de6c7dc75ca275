import { expect, test } from 'vitest'
import { killInAssignments } from '../entities.kill.ts'

test('a server that is killed at any step of an assignment or a rejection leaves all of it or nothing', { timeout: 900_000 }, async () => {
  const found = await killInAssignments(1)
  expect(found.length).toBeGreaterThan(24)
  // Of each nothing up to its commit, from then on everything: all three were seen.
  expect(found.join()).toMatch(/^(none none,)+(all none,)+all all(,all all)+$/)
})
