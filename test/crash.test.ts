import { expect, test } from 'vitest'
import { crashLoop } from './crash.ts'

test('20 kills of server, engine and both under load: every acknowledged event is there, once, and the ledger adds up', { timeout: 180_000 }, async () => {
  const result = await crashLoop(20, { batch: 50, pauseMs: 5 })
  expect(result.acknowledged).toBeGreaterThan(1_000)
  expect({ missing: result.missing, twice: result.twice, gap: result.ledger.gap, damaged: result.ledger.damaged }).toEqual({
    missing: [],
    twice: [],
    gap: 0,
    damaged: 0,
  })
  expect(result.ledger.stored).toBe(result.stored)
})
