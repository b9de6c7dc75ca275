import { expect, test } from 'vitest'
import { fuzz } from './fuzz.ts'

test(
  '1,000 malformed requests of every kind: no fault, each event has one outcome, all that was accepted is stored, and memory is flat',
  { timeout: 120_000 },
  async () => {
    const result = await fuzz(1_000)
    expect({ seed: result.seed, faults: result.faults }).toEqual({ seed: result.seed, faults: [] })
    expect(result.ledger).toMatchObject({ gap: 0, damaged: 0, pending: 0, received: result.outcomes })
    expect(result.ledger.accepted).toBe(result.ledger.stored + result.ledger.deduplicated)
    expect(result.ledger.accepted).toBeGreaterThan(200)
    expect(result.health).toBe('ok')
    expect(result.serverHeapGrowthMb).toBeLessThan(40)
  },
)
