import { expect, test } from 'vitest'
import { killInAssignments } from './entities.kill.ts'

test('a server that is killed in an assignment or a rejection leaves all of it or nothing', { timeout: 240_000 }, async () => {
  // Every step of them: npm run test:long -- test/long/kill.test.ts
  expect((await killInAssignments(9)).join()).toMatch(/^(none none,)+(all none,)+(all all,)*all all$/)
})
