import { expect, test } from 'vitest'
import { killInRejections } from './entities.kill.ts'

test('a server that is killed in a rejection leaves all of it or nothing', { timeout: 240_000 }, async () => {
  // Every step of it: npm run test:long -- test/long/kill.test.ts
  expect((await killInRejections(5)).join()).toMatch(/^(none,)+(all,)*all$/)
})
