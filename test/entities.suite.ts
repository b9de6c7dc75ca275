import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import type { TestCairn, TestWorkspace } from './cairn.ts'

type Json = Record<string, unknown>
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const put = (w: TestWorkspace, id: string, body: Json): Promise<{ status: number; body: Json }> => w.call('PUT', `/api/tasks/${id}`, body)

/** What hosts tell of their things, on the server that the caller has started. */
export function entitiesSuite(started: () => TestCairn): void {
  let cairn: TestCairn
  let now: number
  beforeEach(() => {
    cairn = started()
    now = cairn.clock.now()
  })
  const days = (n: number): string => new Date(now + n * 86_400_000).toISOString()

  describe('an entity', () => {
    test('is put whole, changed in part, listed and deleted; tasks are entities of type task', async () => {
      const w = await cairn.workspace()
      const made = await w.call('PUT', '/api/entities/task/7', { attributes: { title: 'Paint', status: 'open', project_id: 'p' }, assignees: ['ada', 'bob'] })
      const attributes = { title: 'Paint', status: 'open', project_id: 'p' }
      const moments = { created_at: expect.stringMatching(MOMENT), updated_at: expect.stringMatching(MOMENT) }
      expect([made.status, made.body]).toEqual([
        200,
        { success: true, entity: { entity_type: 'task', entity_id: '7', attributes, assignees: ['ada', 'bob'], ...moments } },
      ])
      await w.call('PATCH', '/api/tasks/7', { attributes: { status: 'in progress', project_id: null, size: 3 } })
      expect(await w.get('/api/tasks/7')).toMatchObject({ attributes: { title: 'Paint', status: 'in progress', size: 3 }, assignees: ['ada', 'bob'] })
      await put(w, '7', { attributes: { title: 'Paint again' } })
      expect(await w.get('/api/tasks/7')).toMatchObject({ attributes: { title: 'Paint again' }, assignees: ['ada', 'bob'] })
      await put(w, '8', { attributes: { title: 'Sand', status: 'open' }, assignees: ['bob'] })
      const ids = async (query: string): Promise<unknown[]> => (await w.get<{ tasks: Json[] }>(`/api/tasks${query}`)).tasks.map((task) => task['entity_id'])
      expect(await ids('')).toEqual(['8', '7'])
      expect([await ids('?assignee=ada'), await ids('?status=open'), await ids('?search=sAND')]).toEqual([['7'], ['8'], ['8']])
      const first = await w.get<{ next_cursor: string }>('/api/tasks?limit=1')
      expect(await ids(`?limit=1&cursor=${first.next_cursor}`)).toEqual(['7'])
      expect(await w.call('DELETE', '/api/tasks/7')).toMatchObject({ status: 200, body: { success: true } })
      expect(await w.call('GET', '/api/tasks/7')).toMatchObject({ status: 404, body: { success: false, message: 'Task not found', code: 'not_found' } })
      expect(await w.call('PATCH', '/api/tasks/7', { attributes: {} })).toMatchObject({ status: 404 })
      expect(await ids('')).toEqual(['8'])
    })

    test('keeps the newest of what was said, in whatever order it comes', async () => {
      const w = await cairn.workspace()
      await put(w, '1', { attributes: { status: 'done', title: 'New' }, assignees: ['bob'], occurred_at: days(-1) })
      await put(w, '1', { attributes: { status: 'open', owner: 'x' }, assignees: ['ada', 'bob'], occurred_at: days(-3) })
      await w.call('PATCH', '/api/tasks/1', { attributes: { status: 'started', owner: 'y' }, occurred_at: days(-2) })
      const { attributes, assignments } = await w.get<{ attributes: Json; assignments: Json[] }>('/api/tasks/1')
      // The newest whole one said that there is no owner.
      expect(attributes).toEqual({ status: 'done', title: 'New' })
      expect(assignments).toMatchObject([
        { user_id: 'ada', why: 'replaced', unassigned_at: expect.any(String) as string },
        { user_id: 'bob', unassigned_at: null },
      ])
      expect(await w.get('/api/tasks/transitions')).toMatchObject({
        field: 'status',
        transitions: [
          { from: 'open', to: 'started', count: 1, median_seconds: 86_400 },
          { from: 'started', to: 'done', count: 1, median_seconds: 86_400 },
        ],
      })
      expect(await w.get('/api/tasks/transitions?entity_id=2')).toMatchObject({ transitions: [] })
    })

    test('of a batch is refused alone', async () => {
      const w = await cairn.workspace()
      const sent = await w.call('POST', '/api/entities/batch', {
        entities: [
          { entity_type: 'task', entity_id: 1, attributes: { opened_at: '2026-01-01T00:00:00Z', closed_at: '2026-01-01T00:01:40Z', kind: 'a' } },
          { entity_type: 'task' },
          {
            entity_type: 'task',
            entity_id: '2',
            attributes: { opened_at: 1_767_225_600_000, closed_at: '2026-01-01T00:05:00Z', kind: 'b' },
            assignees: ['ada'],
          },
          { entity_type: 'task', entity_id: '2', attributes: { extra: true }, merge: true },
          { entity_type: 'task', entity_id: '3', assignees: [''] },
          5,
        ],
      })
      expect(sent).toMatchObject({ status: 200, body: { accepted: 3, rejected: [{ index: 1, code: 'invalid' }, { index: 4 }, { index: 5 }] } })
      expect(await w.get('/api/tasks/2')).toMatchObject({ attributes: { extra: true, kind: 'b' }, assignees: ['ada'] })
      expect(await w.get('/api/tasks/durations?from=opened_at&to=closed_at&by=kind')).toEqual({
        total: { group: null, count: 2, median_seconds: 200, p90_seconds: 280, mean_seconds: 200 },
        groups: [
          { group: 'a', count: 1, median_seconds: 100, p90_seconds: 100, mean_seconds: 100 },
          { group: 'b', count: 1, median_seconds: 300, p90_seconds: 300, mean_seconds: 300 },
        ],
      })
      expect((await w.call('POST', '/api/entities/batch', { entities: [{}] })).status).toBe(422)
      const large = { text: 'x'.repeat(33_000) }
      const mixed = await w.call('POST', '/api/entities/batch', {
        entities: [
          { entity_type: 'task', entity_id: '4', attributes: { n: 4 } },
          { entity_type: 'task', entity_id: '4', attributes: large, merge: true },
          { entity_type: 'task', entity_id: '5', title: 'Sand' },
          { entity_type: 'task', entity_id: '6', attributes: large },
          { entity_type: 'task', entity_id: '7', attributes: { n: 7 } },
        ],
      })
      expect(mixed).toMatchObject({
        status: 200,
        body: {
          accepted: 2,
          rejected: [{ index: 1, message: 'attributes have at most 32 KB.' }, { index: 2, message: expect.stringMatching(/^title is/) }, { index: 3 }],
        },
      })
      for (const id of ['4', '7']) expect(await w.get(`/api/tasks/${id}`)).toMatchObject({ attributes: { n: Number(id) } })
      for (const id of ['5', '6']) expect((await w.call('GET', `/api/tasks/${id}`)).status).toBe(404)
    })

    test('is written once for each key, and the answer is the first one’s', async () => {
      const w = await cairn.workspace()
      const body = { event_id: randomUUID(), attributes: { n: 1 } }
      const first = await put(w, '1', body)
      await put(w, '1', { attributes: { n: 2 } })
      expect(await put(w, '1', body)).toMatchObject({ status: 200, body: first.body })
      expect(await w.get('/api/tasks/1')).toMatchObject({ attributes: { n: 2 } })
      expect(await w.call('PATCH', '/api/tasks/1', body)).toMatchObject({ status: 409 })
    })

    test('with too much, or from who may not, is refused', async () => {
      const w = await cairn.workspace()
      expect(await put(w, '1', { attributes: { text: 'x'.repeat(33_000) } })).toMatchObject({ status: 422, body: { errors: [{ path: '/attributes' }] } })
      expect(await put(w, '1', { attributes: [] })).toMatchObject({ status: 422 })
      expect(await put(w, '1', { title: 'Paint' })).toMatchObject({ status: 422, body: { errors: [{ path: '/title', message: 'is not known here' }] } })
      expect(await w.call('PATCH', '/api/tasks/1', { status: 'open' })).toMatchObject({ status: 422, body: { errors: [{ path: '/status' }] } })
      expect(await put(w, '1', { occurred_at: 'soon' })).toMatchObject({ status: 422, body: { errors: [{ path: '/occurred_at' }] } })
      expect(await w.call('GET', '/api/tasks/1')).toMatchObject({ status: 404 })
      expect(await w.post('/api/tasks/1/reject', { user_id: 'ada' })).toMatchObject({ status: 403 })
    })
  })
}
