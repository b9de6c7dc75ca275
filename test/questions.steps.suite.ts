import { beforeAll, describe, expect, test } from 'vitest'
import type { TestCairn, TestWorkspace } from './cairn.ts'
import { at, june, query, send, type Json } from './questions.ts'

/** Funnels and retention: of the steps that each takes, in order. */
export const stepsSuite = (cairn: () => TestCairn): void => {
  describe('a funnel', () => {
    interface Steps {
      steps: { label: string; count: number; conversion_from_start: number; median_seconds: number | null; p90_seconds: number | null }[]
    }
    let w: TestWorkspace
    const [visited, opened, bought] = [{ event: 'visited' }, { event: 'opened' }, { event: 'bought' }]
    const steps = [visited, opened, bought]
    beforeAll(async () => {
      w = await cairn().workspace({ retentionDays: null })
      const did = (user: string, event: string, time: string, more: Json = {}): Json => ({ user_id: user, event_type: event, timestamp: at(time), ...more })
      const project = { entity_type: 'project', entity_id: '7' }
      await send(w, [
        did('ada', 'visited', '01T10:00:00', { metadata: { plan: 'pro' }, session_id: 's1', ...project }),
        did('ada', 'opened', '01T10:10:00', { session_id: 's1' }),
        did('ada', 'bought', '01T10:30:00', { session_id: 's1' }),
        did('bob', 'visited', '01T10:00:00', { metadata: { plan: 'free' }, session_id: 's2' }),
        did('bob', 'visited', '02T10:00:00', { metadata: { plan: 'pro' }, session_id: 's3' }),
        did('bob', 'opened', '02T10:05:00', { session_id: 's3' }),
        did('bob', 'searched', '02T10:06:00', { session_id: 's3' }),
        did('bob', 'bought', '02T10:20:00', { session_id: 's3' }),
        did('cleo', 'bought', '03T10:00:00'),
        did('cleo', 'opened', '03T10:00:00'),
        did('cleo', 'visited', '03T10:00:00'),
        did('dan', 'opened', '04T10:00:00', project),
        did('dan', 'bought', '04T10:01:00', project),
        did('dan', 'visited', '04T10:02:00'),
        did('eve', 'visited', '05T23:00:00'),
        did('eve', 'opened', '06T00:00:00'),
      ])
    })
    const counts = async (more: Json = {}): Promise<number[]> => (await query<Steps>(w, { kind: 'funnel', steps, ...more })).steps.map(({ count }) => count)

    test('follows each person through the steps, and says how long they took', async () => {
      const answer = await query<Steps & { breakdowns: unknown[] }>(w, { kind: 'funnel', steps: [visited, opened, { ...bought, label: 'Bought' }] })
      const times = { conversion_from_start: 1, conversion_from_previous: 1, median_seconds: null, p90_seconds: null }
      expect(answer.steps).toEqual([
        { label: 'visited', count: 5, ...times },
        { label: 'opened', count: 4, conversion_from_start: 0.8, conversion_from_previous: 0.8, median_seconds: 450, p90_seconds: expect.closeTo(2_700) },
        { label: 'Bought', count: 3, conversion_from_start: 0.6, conversion_from_previous: 0.75, median_seconds: 900, p90_seconds: expect.closeTo(1_140) },
      ])
      expect(answer.breakdowns).toEqual([])
    })

    test('takes steps in order, strictly or in any order, within a window, until something excluded happens', async () => {
      expect(await counts({ from: '1950-01-01', to: '2250-01-01' })).toEqual([5, 4, 3])
      expect(await counts({ order: 'strict' })).toEqual([5, 4, 2])
      expect(await counts({ order: 'unordered' })).toEqual([5, 5, 4])
      expect(await counts({ window: '10m' })).toEqual([5, 3, 1])
      expect(await counts({ exclude: [{ event: 'searched' }] })).toEqual([5, 4, 2])
      expect(await counts({ steps: [{ any: true }, { any: true }] })).toEqual([5, 5])
    })

    test('counts sessions or entities, and is broken down by where attempts began', async () => {
      expect(await counts({ by: 'session' })).toEqual([3, 2, 2])
      expect(await counts({ by: 'entity' })).toEqual([1, 1, 1])
      const answer = await query<{ breakdowns: (Steps & { value: string })[] }>(w, { kind: 'funnel', steps, breakdown: 'metadata.plan' })
      expect(answer.breakdowns.map(({ value, steps: its }) => [value, its.map(({ count }) => count)])).toEqual([
        ['(none)', [3, 2, 1]],
        ['pro', [2, 2, 2]],
      ])
    })

    test('names the people who reached a step or dropped there, and their events', async () => {
      const question = { ...june, kind: 'funnel', steps, breakdown: 'metadata.plan' }
      const behind = async (of: string, figure: Json, more: Json = {}): Promise<unknown> => {
        const { body } = await w.call('POST', `/api/query/${of}`, { question: { ...question, ...more }, figure })
        return [body['count'], ...new Set((body[of] as Json[]).map((row) => String(row['user_id'])).toSorted())]
      }
      expect(await behind('people', { step: 2 })).toEqual([4, 'ada', 'bob', 'cleo', 'eve'])
      expect(await behind('people', { step: 2, dropped: true })).toEqual([1, 'eve'])
      expect(await behind('people', { step: 3, breakdown: 'pro' })).toEqual([2, 'ada', 'bob'])
      expect(await behind('people', { step: 1 }, { by: 'entity', breakdown: undefined })).toEqual([2, 'ada', 'dan'])
      expect(await behind('events', { step: 3, breakdown: '(none)' })).toEqual([3, 'cleo'])
      const { status } = await w.call('POST', '/api/query/people', { question, figure: { step: 3, dropped: true } })
      expect(status).toBe(422)
    })
  })

  describe('retention', () => {
    interface Grid extends Json {
      cohorts: { start: string; size: number; values: (number | null)[] }[]
      average: (number | null)[]
    }
    let w: TestWorkspace
    const question = { kind: 'retention', start: { event: 'opened' }, return: { event: 'bought' }, periods: 2 }
    beforeAll(async () => {
      w = await cairn().workspace({ retentionDays: null })
      const did = (user: string, event: string, time: string): Json => ({ user_id: user, event_type: event, timestamp: at(time) })
      await send(w, [
        ...[did('ada', 'opened', '01T10:00:00'), did('ada', 'bought', '01T12:00:00'), did('ada', 'bought', '02T09:00:00'), did('ada', 'opened', '03T09:00:00')],
        ...[did('bob', 'bought', '01T10:00:00'), did('bob', 'opened', '01T11:00:00'), did('bob', 'bought', '03T10:00:00')],
        ...[
          did('cleo', 'bought', '02T10:00:00'),
          did('cleo', 'opened', '02T10:00:00'),
          did('cleo', 'opened', '05T10:00:00'),
          did('cleo', 'bought', '06T10:00:00'),
        ],
        ...[{ user_id: 'dan', timestamp: '2025-05-31T10:00:00Z' }, did('dan', 'opened', '02T10:00:00')],
      ])
    })
    const grid = async (more: Json = {}): Promise<unknown[]> => {
      const { cohorts, average } = await query<Grid>(w, { ...question, ...more })
      return [cohorts.filter(({ size }) => size > 0).map(({ start, size, values }) => [start.slice(5), size, values]), average]
    }

    test('follows those who started for the first time, or at all', async () => {
      expect(await grid()).toEqual([
        [
          ['06-01', 2, [1, 1, 1]],
          ['06-02', 1, [1, 0, 0]],
        ],
        [2 / 3, 1 / 3, 1 / 3],
      ])
      const recurring = [
        ['06-01', 2, [1, 1, 1]],
        ['06-02', 2, [1, 0, 0]],
        ['06-03', 1, [0, 0, 0]],
        ['06-05', 1, [0, 1, 0]],
      ]
      expect(await grid({ mode: 'recurring' })).toEqual([recurring, [2 / 6, 2 / 6, 1 / 6]])
      const [many] = await grid({ mode: 'recurring', from: '2025-03-01', periods: 30 })
      expect((many as [string, number, number[]][]).map(([start, size, values]) => [start, size, values.slice(0, 3)])).toEqual([
        ['05-31', 1, [0, 0, 0]],
        ...recurring,
      ])
      const any = { mode: 'recurring', start: { any: true }, return: { any: true }, interval: 'week' }
      expect(await grid(any)).toEqual([
        [
          ['05-26', 2, [2, 2, 0]],
          ['06-02', 4, [2, 0, 0]],
        ],
        [4 / 6, 2 / 6, 0],
      ])
      const ahead = await query<Grid>(w, { ...question, from: '2250-01-01', to: '2250-01-01' })
      expect([ahead.cohorts, ahead.average]).toEqual([[{ start: '2250-01-01', size: 0, values: [null, null, null] }], [null, null, null]])
    })

    test('names the people of a cohort and those who returned', async () => {
      const behind = async (of: string, figure: Json): Promise<unknown> => {
        const { body } = await w.call('POST', `/api/query/${of}`, { question: { ...june, ...question }, figure })
        return [body['count'], ...new Set((body[of] as Json[]).map((row) => String(row['user_id'])).toSorted())]
      }
      expect(await behind('people', {})).toEqual([3, 'ada', 'bob', 'cleo'])
      expect(await behind('people', { cohort: '2025-06-01' })).toEqual([2, 'ada', 'bob'])
      expect(await behind('people', { cohort: '2025-06-01', period: 0 })).toEqual([1, 'ada'])
      expect(await behind('events', { cohort: '2025-06-01', period: 2 })).toEqual([1, 'bob'])
      const { status } = await w.call('POST', '/api/query/people', { question: { ...june, ...question }, figure: { cohort: '2025-06-09' } })
      expect(status).toBe(422)
    })
  })
}
