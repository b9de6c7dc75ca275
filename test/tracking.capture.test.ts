import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { uuidv7 } from '../server/src/base/ids.ts'
import { startCairn, type TestCairn, type TestWorkspace } from './cairn.ts'

/** What trackers numbered, against what came. Every test has a workspace of its own; sources are named as trackers name them. */
const DAY = 86_400_000
const TRACKER = 'cairn-browser/1.2.0'

let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

interface Line {
  day: string
  tracker: string
  emitted: number
  received: number
  missing: number
  rate: number
}
interface Ledger {
  total: Record<string, number>
  capture_rate: number | null
  capture: Line[]
  lines: Array<Record<string, unknown>>
}
type Event = Record<string, unknown>

const source = (bornAt = cairn.clock.now()): string => uuidv7(bornAt)
const numbered = (source_id: string, numbers: readonly number[], fields: Event = {}): Event[] =>
  numbers.map((seq) => ({ event_id: randomUUID(), event_type: 'seen', anonymous_id: 'visitor', tracker: TRACKER, source_id, seq, ...fields }))
const send = async (w: TestWorkspace, events: readonly Event[], more: object = {}, headers: Record<string, string> = {}): Promise<void> => {
  const { status, body } = await w.post('/api/events/log/batch', { events, ...more }, headers)
  if (status !== 200) throw new Error(`answered ${status}: ${JSON.stringify(body)}`)
}
const ledger = (w: TestWorkspace, query = ''): Promise<Ledger> => w.get<Ledger>(`/api/ledger?${query}`)
/** Over the whole range, and by day and tracker. */
const capture = async (w: TestWorkspace, query = ''): Promise<object> => {
  const { total, capture_rate, capture: lines } = await ledger(w, query)
  return { missing: total['missing'], capture_rate, lines }
}
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
const line = (emitted: number, missing: number, { at = cairn.clock.now(), tracker = TRACKER } = {}): Line => ({
  day: dayOf(at),
  tracker,
  emitted,
  received: emitted - missing,
  missing,
  rate: (emitted - missing) / emitted,
})
const all = (emitted: number, missing: number): object => ({ missing, capture_rate: (emitted - missing) / emitted, lines: [line(emitted, missing)] })

describe('of a source that was born in the range', () => {
  test('a lost first event is missing, and so is one in the middle', async () => {
    const w = await cairn.workspace()
    await send(w, numbered(source(), [2, 3, 5]))
    expect(await capture(w)).toEqual(all(5, 2))
  })

  test('the first event may be number 0, and nothing is missing before it', async () => {
    const w = await cairn.workspace()
    await send(w, numbered(source(), [0, 1, 2]))
    expect(await capture(w)).toEqual(all(3, 0))
  })

  test('a lost tail is missing once its end is reported, by whatever number of reports', async () => {
    const w = await cairn.workspace()
    const gone = source()
    await send(w, numbered(gone, [1, 2, 3]))
    expect(await capture(w)).toEqual(all(3, 0))
    for (let i = 0; i < 3; i++) await send(w, [], { ended: [{ source_id: gone, seq: 5 }] })
    expect(await capture(w)).toEqual(all(5, 2))
    await send(w, numbered(gone, [4]))
    expect(await capture(w)).toEqual(all(5, 1))
  })

  test('everything is missing where only its end came, by the tracker of the report', async () => {
    const w = await cairn.workspace()
    await send(
      w,
      [],
      {
        ended: [
          { source_id: source(), seq: 4, tracker: 'cairn-browser/1.1.0' },
          { source_id: source(), seq: 3 },
        ],
      },
      { 'X-Cairn-Tracker': TRACKER },
    )
    expect(await capture(w)).toEqual({ missing: 7, capture_rate: 0, lines: [line(4, 4, { tracker: 'cairn-browser/1.1.0' }), line(3, 3)] })
  })

  test('a report of fewer numbers than came, or of none, changes nothing', async () => {
    const w = await cairn.workspace()
    const alive = source()
    await send(w, numbered(alive, [1, 2, 3]), {
      ended: [
        { source_id: alive, seq: 2 },
        { source_id: source(), seq: 0 },
      ],
    })
    expect(await capture(w)).toEqual(all(3, 0))
  })
})

describe('of a source that is older than the range, or whose age is not known', () => {
  test('numbers are counted from the lowest that came: an unnamed one, one of long ago, one from the future', async () => {
    for (const name of ['tab-1', randomUUID(), source(cairn.clock.now() - 40 * DAY), source(cairn.clock.now() + 3 * DAY)]) {
      const w = await cairn.workspace()
      await send(w, numbered(name, [5, 6, 8]))
      expect([name, await capture(w)]).toEqual([name, all(4, 1)])
    }
  })

  test('what only its end tells is not known to be missing', async () => {
    const w = await cairn.workspace()
    await send(w, [], {
      ended: [
        { source_id: 'tab-1', seq: 9 },
        { source_id: source(cairn.clock.now() - 40 * DAY), seq: 9 },
      ],
    })
    expect(await capture(w)).toEqual({ missing: 0, capture_rate: null, lines: [] })
  })

  test('without a name the session numbers, each tracker for itself', async () => {
    const w = await cairn.workspace()
    const inSession = (tracker: string, numbers: number[]): Event[] => numbered('', numbers, { session_id: 's1', tracker })
    await send(w, [...inSession('a/1', [1, 2, 4]), ...inSession('b/1', [7, 8])])
    expect(await capture(w)).toEqual({ missing: 1, capture_rate: 5 / 6, lines: [line(4, 1, { tracker: 'a/1' }), line(2, 0, { tracker: 'b/1' })] })
  })
})

test('a source that changes the name of its tracker is one source', async () => {
  const w = await cairn.workspace()
  const tab = source()
  await send(w, [...numbered(tab, [1, 3], { tracker: 'cairn-browser/1.1.0' }), ...numbered(tab, [2, 4])])
  expect(await capture(w)).toEqual(all(4, 0))
})

describe('over several days', () => {
  test('what is missing over night counts to the later day, also where the range begins between the two', async () => {
    const w = await cairn.workspace()
    const tab = source()
    const yesterday = cairn.clock.now()
    await send(w, numbered(tab, [1, 2, 3]))
    cairn.clock.advance(DAY)
    await send(w, numbered(tab, [5, 6]))
    expect(await capture(w)).toEqual({ missing: 1, capture_rate: 5 / 6, lines: [line(3, 0, { at: yesterday }), line(3, 1)] })
    expect(await capture(w, 'days=1')).toEqual(all(3, 1))
  })

  test('a number that comes a day late stays missing on the day of its neighbours, and is not missing in the whole', async () => {
    const w = await cairn.workspace()
    const tab = source()
    const yesterday = cairn.clock.now()
    await send(w, numbered(tab, [1, 3]))
    cairn.clock.advance(DAY)
    await send(w, numbered(tab, [2]))
    expect(await capture(w)).toEqual({ missing: 0, capture_rate: 1, lines: [line(3, 1, { at: yesterday }), line(1, 0)] })
  })

  test('a lost tail counts to the day of its first report, and is not known to a range that its source is older than', async () => {
    const w = await cairn.workspace()
    const tab = source()
    const began = cairn.clock.now()
    await send(w, numbered(tab, [1, 2, 3]))
    cairn.clock.advance(3 * DAY)
    const reported = cairn.clock.now()
    await send(w, [], { ended: [{ source_id: tab, seq: 5, tracker: 'next/2' }] })
    cairn.clock.advance(DAY)
    await send(w, [], { ended: [{ source_id: tab, seq: 5, tracker: 'next/2' }] })
    expect(await capture(w)).toEqual({ missing: 2, capture_rate: 3 / 5, lines: [line(3, 0, { at: began }), line(2, 2, { at: reported, tracker: 'next/2' })] })
    expect(await capture(w, 'days=2')).toEqual({ missing: 0, capture_rate: null, lines: [] })
  })

  test('what was kept offline for days has come on the day on which it came', async () => {
    const w = await cairn.workspace()
    const tab = source()
    await send(w, [...numbered(tab, [1, 2], { timestamp: cairn.clock.now() - 5 * DAY }), ...numbered(tab, [3])])
    expect(await capture(w)).toEqual(all(3, 0))
  })
})

describe('an event that is not in the store for a good reason', () => {
  test('is not missing where it is in quarantine, nor when it is replayed on another day', async () => {
    const w = await cairn.workspace()
    const tab = source()
    const [, bad, worse] = numbered(tab, [1, 2, 3])
    // Numbers that are none count for nothing.
    const odd = [-1, 1.5, '9', 2 ** 53, 2 ** 63, null].map((seq) => ({ ...bad, seq, duration_ms: -1 }))
    await send(w, [...numbered(tab, [1, 5]), { ...bad, duration_ms: -1 }, { ...worse, event_type: '' }, ...odd])
    expect(await capture(w)).toEqual(all(5, 1))
    const then = cairn.clock.now()
    cairn.clock.advance(DAY)
    expect(await w.call('POST', '/api/events/quarantine/replay', {})).toMatchObject({ body: { replayed: 8 } })
    expect(await capture(w)).toEqual({ missing: 1, capture_rate: 4 / 5, lines: [line(5, 1, { at: then })] })
  })

  test('is not missing where its stream was off in between, and the equations hold', async () => {
    const w = await cairn.workspace()
    const tab = source()
    await send(w, numbered(tab, [1, 2]))
    await w.call('PATCH', '/api/workspace', { streams_off: ['events'] })
    await send(w, numbered(tab, [3, 4]))
    const [again] = numbered(tab, [4])
    await send(w, [again as Event])
    await w.call('PATCH', '/api/workspace', { streams_off: [] })
    await send(w, numbered(tab, [6]))
    expect(await capture(w)).toEqual(all(6, 1))
    const { total, lines } = await ledger(w)
    expect(total).toMatchObject({ received: 6, accepted: 3, not_recorded: 3, stored: 3, gap: 0 })
    expect(lines).toHaveLength(1)
  })

  test('of a visitor who asks not to be tracked leaves nothing, hides nothing, and is not missing once they sign in', async () => {
    const w = await cairn.workspace()
    const gpc = { 'Sec-GPC': '1' }
    const stranger = source()
    await send(w, numbered(stranger, [1, 2, 3, 4, 5]), { ended: [{ source_id: source(), seq: 8 }] }, gpc)
    await send(w, [], { ended: [{ source_id: stranger, seq: 6 }] }, gpc)
    expect(await capture(w)).toEqual({ missing: 0, capture_rate: null, lines: [] })
    await send(w, numbered(source(), [1, 2, 4]))
    expect(await capture(w)).toEqual(all(4, 1))
    const known = source()
    await send(w, numbered(known, [1, 2, 3]), {}, gpc)
    await send(w, numbered(known, [4, 6], { user_id: 'ada' }), {}, gpc)
    expect(await capture(w)).toEqual(all(10, 2))
  })

  test('of somebody who opted out is not missing when the end of their tab is told', async () => {
    const w = await cairn.workspace()
    const tab = source()
    await send(w, numbered(tab, [1, 2], { user_id: 'carol' }))
    await w.post('/api/people/opt-out', { user_id: 'carol' })
    await send(w, numbered(tab, [3, 4], { user_id: 'carol' }), { ended: [{ source_id: source(), seq: 7 }] })
    expect(await capture(w)).toEqual(all(2, 0))
    await send(w, [], { ended: [{ source_id: tab, seq: 5, tracker: TRACKER }] })
    expect(await capture(w)).toEqual(all(5, 1))
    const { total, lines } = await ledger(w, 'by=hour')
    expect(total).toMatchObject({ received: 4, accepted: 2, not_recorded: 2, gap: 0 })
    expect(lines).toHaveLength(1)
  })

  test('is not missing where it was deleted with its source, and an import is not counted at all', async () => {
    const w = await cairn.workspace()
    const [hers, other] = [source(), source()]
    await send(w, numbered(hers, [1, 2], { user_id: 'ada' }))
    await send(w, numbered(other, [1, 3], { user_id: 'bob' }), { ended: [hers, other].map((source_id) => ({ source_id, seq: 4 })) })
    expect(await capture(w)).toEqual(all(8, 4))
    expect(await w.call('DELETE', '/api/events/cleanup?older_than_days=0&user_id=ada')).toMatchObject({ body: { deleted: 2 } })
    expect(await capture(w)).toEqual(all(4, 2))
    await w.call('DELETE', '/api/events/cleanup?older_than_days=0')
    expect(await capture(w)).toEqual({ missing: 0, capture_rate: null, lines: [] })
    await fetch(`${cairn.url}/api/events/log/batch`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${w.secretKey}`, 'X-Cairn-Source': 'import' },
      body: JSON.stringify({ events: numbered(source(), [7, 9]) }),
    })
    expect(await capture(w)).toEqual({ missing: 0, capture_rate: null, lines: [] })
  })
})
