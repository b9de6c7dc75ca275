import { expect, test } from 'vitest'
import { fuzz } from '../fuzz.ts'

test('100,000 malformed requests of every kind: no fault, each event has one outcome, all that was accepted is stored, and memory is flat', async () => {
  const result = await fuzz(100_000)
  // The long form is read by a person.
  process.stdout.write(`${JSON.stringify({ ...result, faults: result.faults.length })}\n`)
  expect({ seed: result.seed, faults: result.faults }).toEqual({ seed: result.seed, faults: [] })
  expect(result.ledger).toMatchObject({ gap: 0, damaged: 0, pending: 0, received: result.outcomes })
  expect(result.ledger.accepted).toBe(result.ledger.stored + result.ledger.deduplicated)
  expect(result.health).toBe('ok')
  expect(result.serverHeapGrowthMb).toBeLessThan(100)
})
