import { expect, test } from 'vitest'
import { killInAssignments } from './entities.kill.ts'
import { killInSessionEnds } from './sessions.kill.ts'

test('a server that is killed in an assignment or a rejection leaves all of it or nothing', { timeout: 240_000 }, async () => {
  // Every step of them: npm run test:long -- test/long/kill.test.ts
  expect((await killInAssignments(9)).join()).toMatch(/^(none none,)+(all none,)+(all all,)*all all$/)
})

test('so does one that is killed in a log-out, a log-in that replaces another, or the job that notes stale ones', { timeout: 240_000 }, async () => {
  expect((await killInSessionEnds(17)).join()).toMatch(/^(none none (all|none),)+(all none (all|none),)*(all all (all|none),)*all all all$/)
})
