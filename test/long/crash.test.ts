import { expect, test } from 'vitest'
import { crashLoop, nothingWrong, wrongWith } from '../crash.ts'

test('120 kills of server, engine and both under load: every acknowledged event is there, once, and the ledger adds up', { timeout: 1_800_000 }, async () => {
  const result = await crashLoop(120, { batch: 1_000, pauseMs: 400 })
  // The long form is read by a person.
  process.stdout.write(`${JSON.stringify({ ...result, missing: result.missing.length, twice: result.twice.length })}\n`)
  expect(wrongWith(result)).toEqual(nothingWrong)
})
