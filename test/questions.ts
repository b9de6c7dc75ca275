import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { TestWorkspace } from './cairn.ts'

/** Questions over five days of June 2025, and events of them. */
export type Json = Record<string, unknown>

export const send = async (w: TestWorkspace, events: Json[]): Promise<void> => {
  const batch = events.map((event) => ({ event_id: randomUUID(), event_type: 'opened', user_id: 'ada', ...event }))
  expect((await w.post('/api/events/log/batch', { historical: true, events: batch })).body).toMatchObject({ success: true, accepted: events.length })
  await w.get('/api/events?limit=1')
}
export const at = (time: string): string => `2025-06-${time}Z`
export const june = { from: '2025-06-01', to: '2025-06-05', timezone: 'UTC' }
export const query = async <T>(w: TestWorkspace, question: Json): Promise<T> => {
  const { status, body } = await w.call('POST', '/api/query', { ...june, ...question })
  expect({ status, body }).toMatchObject({ status: 200 })
  return body as T
}
