import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { TestCairn } from './cairn.ts'
import { at, query, send, type Json } from './questions.ts'

interface Answer extends Json {
  series: { breakdown: string | null; total: number | null }[]
}

/** Whose events a question looks at: those of static cohorts, and not the makers' own. */
export const peopleSuite = (cairn: () => TestCairn): void => {
  describe('people', () => {
    test('are of a static cohort whatever becomes of its events and people, and are broken down by it', async () => {
      const w = await cairn().workspace({ retentionDays: null })
      const buyers: Json = { all: [{ did: { event: 'bought' } }] }
      await send(w, [
        { timestamp: '2024-01-01T10:00:00Z', event_type: 'bought', user_id: 'ada' },
        { timestamp: '2024-01-01T10:00:00Z', event_type: 'bought', user_id: 'bob' },
      ])
      const { body } = await w.call('POST', '/api/cohorts', { name: 'Buyers', type: 'static', definition: buyers })
      const lines = async (): Promise<unknown> =>
        (await query<Answer>(w, { kind: 'trends', interval: 'month', series: [{ any: true }], breakdown: `cohort.${String(body['id'])}` })).series.map(
          ({ breakdown, total }) => [breakdown, total],
        )
      expect((await w.call('DELETE', '/api/events/cleanup?older_than_days=100')).body).toMatchObject({ deleted: 2 })
      const when = { timestamp: at('02T10:00:00') }
      await send(w, [{ ...when }, { ...when, user_id: 'bob' }, { ...when, user_id: 'cleo' }, { ...when, user_id: 'dora' }, { ...when, user_id: 'eve' }])
      expect(await lines()).toEqual([
        ['false', 3],
        ['true', 2],
      ])
      await w.call('POST', '/api/people/merge', { user_id: 'cleo', other_id: 'ada' })
      await w.get('/api/events?limit=1')
      expect(await lines()).toEqual([
        ['true', 3],
        ['false', 2],
      ])
      await w.call('DELETE', '/api/events/cleanup?user_id=bob&older_than_days=0')
      await send(w, [{ ...when, user_id: 'bob' }])
      expect(await lines()).toEqual([
        ['false', 3],
        ['true', 2],
      ])
    })

    test('leave internal traffic out: what says so, comes from an address of theirs, or is of people whom they name, also in the past', async () => {
      const w = await cairn().workspace({ retentionDays: null })
      const set = async (internal: Json): Promise<Json> => (await w.call('PATCH', '/api/workspace', { internal })).body
      const counted = async (question: Json = {}): Promise<unknown> =>
        (await query<Answer>(w, { kind: 'trends', interval: 'month', series: [{ any: true }], ...question })).series[0]?.total
      const when = { timestamp: at('02T10:00:00') }
      await send(w, [
        { ...when },
        { ...when, user_id: 'qa' },
        { ...when, user_id: undefined, anonymous_id: 'phone' },
        { ...when, user_id: '7' },
        { ...when, internal: true },
      ])
      expect(await counted()).toBe(4)
      await set({ user_ids: ['qa'] })
      expect([await counted(), await counted({ include_internal: true })]).toEqual([3, 5])
      await set({ email_domains: ['@Ours.example'] })
      for (const traits of [{ email: 'eve@OURS.example' }, { level: 2 }])
        await w.post('/api/people/identify', { event_id: randomUUID(), user_id: '7', anonymous_id: 'phone', traits })
      await send(w, [{ ...when, user_id: 'bob@ours.example' }])
      expect(await counted()).toBe(1)
      expect(await set({ addresses: ['127.0.0.0/8', '::1'] })).toMatchObject({
        internal: { user_ids: ['qa'], email_domains: ['ours.example'], addresses: ['127.0.0.0/8', '::1'] },
      })
      await send(w, [{ ...when }])
      expect([await counted(), await counted({ include_internal: true })]).toEqual([1, 7])
      const figures = (more: string): Promise<Json> => w.get(`/api/events/analytics?from=2025-06-01&to=2025-06-05&interval=day${more}`)
      expect(await figures('')).toMatchObject({ total_events: 1, active_users: 1, internal: 6, meta: { internal: 'excluded' } })
      expect(await figures('&include_internal=true')).toMatchObject({ total_events: 7, internal: 6, meta: { internal: 'included' } })
      const { rows } = await query<{ rows: unknown[][] }>(w, { kind: 'sql', query: 'SELECT count(), countIf(is_internal) FROM events' })
      expect(rows).toEqual([[7, 3]])
      const refused = await w.call('PATCH', '/api/workspace', { internal: { addresses: ['everywhere'] } })
      expect([refused.status, refused.body]).toMatchObject([422, { errors: [{ path: '/internal/addresses' }] }])
    })
  })
}
