import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { atEveryStep } from './kill.ts'
import { eventually, read, SECRET_KEY, send, type Server } from './server.ts'

/** Of an assignment, and of the rejection after it. */
export type Left = `${'all' | 'none'} ${'all' | 'none'}`

const put = (server: Server, id: string, body: object): Promise<Response> =>
  fetch(`${server.url}/api/tasks/${id}`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${SECRET_KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })

interface Effects {
  assignees: string[]
  notifications: number
  events: number
  rejections: number
  engaged: string | null
}
const effectsOf = async ({ url }: Server, id: string): Promise<Effects> => {
  const [task, told, events, rejections, engagement] = await Promise.all([
    read<{ assignees: string[] }>(url, `/api/tasks/${id}`),
    read<{ notifications: Array<{ entity_id: string }> }>(url, '/api/notifications?user_id=carol&limit=1000'),
    read<{ events: unknown[] }>(url, `/api/events?event_type=task_rejected&entity_id=${id}`),
    read<{ rejections: unknown[] }>(url, `/api/tasks/${id}/rejections`),
    read<{ engagement: Array<{ rejected_at: string | null }> }>(url, `/api/tasks/${id}/engagement`),
  ])
  return {
    assignees: task.assignees,
    notifications: told.notifications.filter((notification) => notification.entity_id === id).length,
    events: events.events.length,
    rejections: rejections.rejections.length,
    engaged: engagement.engagement[0]?.rejected_at ?? null,
  }
}
const isRejected = async (server: Server, id: string): Promise<'all' | 'none'> => {
  const { assignees, notifications, events, rejections, engaged } = await eventually(
    () => effectsOf(server, id),
    () => true,
  )
  if (assignees.includes('ada')) {
    expect({ id, notifications, events, rejections, engaged }).toEqual({ id, notifications: 0, events: 0, rejections: 0, engaged: null })
    return 'none'
  }
  expect({ id, notifications, events, rejections }).toEqual({ id, notifications: 1, events: 1, rejections: 1 })
  expect(engaged).not.toBeNull()
  return 'all'
}

/** In the catalog, and in what the store has heard of it: the list of tasks, and the event store's word on who has not opened it. */
const isAssigned = async ({ url }: Server, id: string): Promise<'all' | 'none'> => {
  const [task, listed, engagement] = await Promise.all([
    read<{ assignments: Array<{ user_id: string }> }>(url, `/api/tasks/${id}`),
    read<{ tasks: Array<{ entity_id: string }> }>(url, '/api/tasks?assignee=eve&limit=1000'),
    read<{ not_viewed_by: string[] }>(url, `/api/tasks/${id}/engagement`),
  ])
  const found = [
    task.assignments.filter(({ user_id }) => user_id === 'eve').length,
    listed.tasks.filter(({ entity_id }) => entity_id === id).length,
    engagement.not_viewed_by.filter((user) => user === 'eve').length,
  ]
  expect([
    [0, 0, 0],
    [1, 1, 1],
  ]).toContainEqual(found)
  return found[0] === 1 ? 'all' : 'none'
}

/** Somebody is assigned, then somebody else turns it down: of each nothing up to its commit, from then on everything. Returns what was found at each step. */
export async function killInAssignments(stride: number): Promise<Left[]> {
  const keys = new Map<number, { assign: string; reject: string }>()
  const act = async (server: Server, step: number): Promise<Response> => {
    const { assign, reject } = keys.get(step) ?? {}
    const assigned = await put(server, `t${step}/assignees/eve`, { event_id: assign })
    if (!assigned.ok) return assigned
    return await send(server.url, `/api/tasks/t${step}/reject`, { user_id: 'ada', reason: 'workload', event_id: reject }, SECRET_KEY)
  }
  const isLeft = async (server: Server, step: number): Promise<Left> => `${await isAssigned(server, `t${step}`)} ${await isRejected(server, `t${step}`)}`
  return await atEveryStep(stride, {
    prepare: async (server, step) => {
      keys.set(step, { assign: randomUUID(), reject: randomUUID() })
      expect((await put(server, `t${step}`, { attributes: { created_by: 'carol' }, assignees: ['ada'] })).status).toBe(200)
    },
    act,
    look: async (server, step) => {
      const left = await isLeft(server, step)
      // The answers were not heard: whoever asks again with the same ids gets them, and nothing happens twice.
      expect((await act(server, step)).status).toBe(200)
      expect(await isLeft(server, step)).toBe('all all')
      return left
    },
  })
}
