import { expect, test } from 'vitest'
import { crashLoop, nothingWrong, wrongWith } from './crash.ts'

test('20 kills of server, engine and both under load: every acknowledged event is there, once, and the ledger adds up', { timeout: 180_000 }, async () => {
  const result = await crashLoop(20, { batch: 50, pauseMs: 5 })
  expect(result.acknowledged).toBeGreaterThan(1_000)
  expect(wrongWith(result)).toEqual(nothingWrong)
})
