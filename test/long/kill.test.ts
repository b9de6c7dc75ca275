import { expect, test } from 'vitest'
import { killInAssignments } from '../entities.kill.ts'
import { killInSessionEnds } from '../sessions.kill.ts'

test('a server that is killed at any step of an assignment or a rejection leaves all of it or nothing', { timeout: 900_000 }, async () => {
  const found = await killInAssignments(1)
  expect(found.length).toBeGreaterThan(24)
  // Of each nothing up to its commit, from then on everything: all three were seen.
  expect(found.join()).toMatch(/^(none none,)+(all none,)+all all(,all all)+$/)
})

test('a server that is killed at any step of the end of a session leaves all of it or nothing', { timeout: 900_000 }, async () => {
  const found = await killInSessionEnds(1)
  expect(found.length).toBeGreaterThan(24)
  expect(found.join()).toMatch(/^(none none (all|none),)+(all none (all|none),)+(all all (all|none),)+all all all$/)
})
