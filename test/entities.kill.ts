import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'vitest'
import { eventually, freePort, read, SECRET_KEY, send, startServer, temporaryFolder, type Server } from './server.ts'

/**
 * A server that is killed before each statement of its catalog in turn (of each `stride`, one), until one request gets through; what it left is
 * looked at after each.
 */
async function atEveryStep(
  stride: number,
  of: {
    prepare(server: Server, step: number): Promise<void>
    act(server: Server, step: number): Promise<Response>
    look(server: Server, step: number): Promise<'all' | 'none'>
  },
): Promise<Array<'all' | 'none'>> {
  const folder = temporaryFolder()
  const armFile = join(folder.path, 'armed')
  const port = await freePort()
  const start = (step: number): Promise<Server> => {
    const preload = pathToFileURL(join(import.meta.dirname, 'kill-before.mjs')).href
    return startServer({ dataDir: join(folder.path, 'data'), port, env: { NODE_OPTIONS: `--import ${preload}`, ARM_FILE: armFile, KILL_BEFORE: String(step) } })
  }
  const found: Array<'all' | 'none'> = []
  let server = await start(1)
  for (let step = 1; ; step += stride) {
    await of.prepare(server, step)
    writeFileSync(armFile, '')
    const ended = once(server.process, 'exit')
    const answer = await of.act(server, step).catch(() => undefined)
    rmSync(armFile)
    if (answer) {
      expect(answer.status).toBe(200)
      found.push(await of.look(server, step))
      await server.stop()
      folder.remove()
      return found
    }
    await ended
    server = await start(step + stride)
    found.push(await of.look(server, step))
  }
}

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
/** The answer was not heard: whoever asks again with the same id gets it, and nothing happens twice. */
const isAll = async (server: Server, id: string): Promise<'all' | 'none'> => {
  const { assignees, notifications, events, rejections, engaged } = await eventually(
    () => effectsOf(server, id),
    () => true,
    10_000,
  )
  if (assignees.length === 1) {
    expect({ id, notifications, events, rejections, engaged }).toEqual({ id, notifications: 0, events: 0, rejections: 0, engaged: null })
    return 'none'
  }
  expect({ id, assignees, notifications, events, rejections }).toEqual({ id, assignees: [], notifications: 1, events: 1, rejections: 1 })
  expect(engaged).not.toBeNull()
  return 'all'
}

/** Up to its commit nothing, from then on everything; returns what was found at each step. */
export async function killInRejections(stride: number): Promise<Array<'all' | 'none'>> {
  const keys = new Map<number, string>()
  const reject = (server: Server, step: number): Promise<Response> =>
    send(server.url, `/api/tasks/t${step}/reject`, { user_id: 'ada', reason: 'workload', event_id: keys.get(step) }, SECRET_KEY)
  return await atEveryStep(stride, {
    prepare: async (server, step) => {
      keys.set(step, randomUUID())
      expect((await put(server, `t${step}`, { attributes: { created_by: 'carol' }, assignees: ['ada'] })).status).toBe(200)
    },
    act: reject,
    look: async (server, step) => {
      const left = await isAll(server, `t${step}`)
      expect((await reject(server, step)).status).toBe(200)
      expect(await isAll(server, `t${step}`)).toBe('all')
      return left
    },
  })
}
