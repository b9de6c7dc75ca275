import { expect, test } from 'vitest'
import { startCairn } from './cairn.ts'
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

test('numbers, texts and keys that JSON allows and the event store reads differently are stored, and answered as they were sent', async () => {
  const cairn = await startCairn()
  try {
    const w = await cairn.workspace()
    const nested = (depth: number): unknown => (depth === 0 ? 1 : { k: [nested(depth - 2)] })
    const sent: object[] = [
      { n: 2 ** 64 },
      { n: [1e20, -(2 ** 63), 2 ** 63, 1.5, -1] },
      { n: 1.7976931348623157e308, m: 5e-324, o: -(2 ** 64) },
      { '': 1, '.': 2, 'a..b': 3, '`': 4, '"': 5, '\\': 6, 'a.:`Int64`': 7, size0: 8 },
      { 'a.b': 1, a: { b: 2 } },
      { flips: 1 },
      { flips: 'text' },
      { flips: [1, 'two', null, { b: [[]] }] },
      { flips: { deeper: true } },
      { nul: 'a\0b', '\t\n\r\b\f\v': '\t\n\r\b\f\v', '\ufffe': '\uffff' },
      { like: '2026-01-01', alike: '1e999', none: 'NULL', escaped: String.raw`\N` },
      { deep: nested(14) },
      { ['k'.repeat(30_000)]: 1 },
    ]
    for (const [n, metadata] of sent.entries())
      expect((await w.post('/api/events/log', { event_type: 'odd', user_id: 'u', seq: n, metadata })).status).toBe(200)
    const { events } = await w.get<{ events: Array<{ seq: number; event_metadata: object }> }>('/api/events?limit=100')
    expect(events.toSorted((a, b) => a.seq - b.seq).map((event) => event.event_metadata)).toEqual(sent)

    // NUL in a name is the one thing that is not answered as sent: nothing could ask for it by path.
    await w.post('/api/events/log', { event_type: 'nul', user_id: 'u', metadata: { 'n\0l': 1 } })
    const named = await w.get<{ events: Array<{ event_metadata: object }> }>('/api/events?event_type=nul')
    expect(named.events.map((event) => event.event_metadata)).toEqual([{ 'n\ufffdl': 1 }])

    // Over the limit of property paths the text that is read by path is another than the one that was sent.
    for (let batch = 0; batch < 3; batch++)
      await w.post('/api/events/log', {
        event_type: 'wide',
        user_id: 'u',
        metadata: Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`path_${batch}_${i}`, i])),
      })
    const halves = { n: 2 ** 64, like: 'half \ud800', 'new\udc00': 1 }
    expect((await w.post('/api/events/log', { event_type: 'halves', user_id: 'u\ud800\0', metadata: halves })).status).toBe(200)
    const { events: last } = await w.get<{ events: Array<Record<string, unknown>> }>('/api/events?event_type=halves')
    expect(last).toEqual([expect.objectContaining({ user_id: 'u\ufffd\ufffd', event_metadata: { n: 2 ** 64, like: 'half \ufffd', 'new\ufffd': 1 } })])
    expect((await w.get<{ total: object }>('/api/ledger?by=total')).total).toMatchObject({
      received: sent.length + 5,
      stored: sent.length + 5,
      damaged: 0,
      gap: 0,
    })
  } finally {
    await cairn.close()
  }
})
