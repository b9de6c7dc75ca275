import { expect, test } from 'vitest'
import { crashLoop } from '../crash.ts'

test('120 kills of server, engine and both under load: every acknowledged event is there, once, and the ledger adds up', { timeout: 1_800_000 }, async () => {
  const result = await crashLoop(120, { batch: 1_000, pauseMs: 400 })
  // The long form is read by a person.
  process.stdout.write(`${JSON.stringify({ ...result, missing: result.missing.length, twice: result.twice.length })}\n`)
  expect({ missing: result.missing, twice: result.twice, gap: result.ledger.gap, damaged: result.ledger.damaged }).toEqual({
    missing: [],
    twice: [],
    gap: 0,
    damaged: 0,
  })
  expect(result.ledger.stored).toBe(result.stored)
})
