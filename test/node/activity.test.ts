import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createClient, type Client, type Fault } from '@cairn/node'
import { trackActivity as trackExpress } from '@cairn/node/express'
import { trackActivity as trackFastify, type FastifyRequest } from '@cairn/node/fastify'
import { withActivity } from '@cairn/node/next'
import { trackActivity as trackKit, type KitEvent } from '@cairn/node/sveltekit'
import express, { type Request as Asked } from 'express'
import { fastify } from 'fastify'
import { expect, test, type TestContext } from 'vitest'
import { startCollector, type Collector } from './collector.ts'

/** What is recorded of requests to real applications, and that the applications answer as if nothing were there. */
interface Recorded {
  client: Client
  collector: Collector
  faults: Fault[]
  /** Of everything recorded so far; durations apart, which are checked to be there. */
  told: () => Promise<unknown[]>
}

async function record({ onTestFinished }: TestContext): Promise<Recorded> {
  const collector = await startCollector()
  const faults: Fault[] = []
  const client = createClient({ writeKey: 'key', host: collector.url, onError: (fault) => faults.push(fault) })
  onTestFinished(async () => {
    await client.shutdown(0)
    await collector.close()
  })
  const told = async (): Promise<unknown[]> => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    await client.flush()
    return collector.events().map(({ event_type, user_id, anonymous_id, metadata, duration_ms }) => {
      expect(duration_ms).toBeGreaterThanOrEqual(0)
      return [event_type, user_id ?? anonymous_id, metadata]
    })
  }
  return { client, collector, faults, told }
}

const header = (request: { headers: Record<string, string | string[] | undefined> }, name: string): string | undefined => {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

test('Express: a request is recorded once it is answered, with its pattern, its status and whose it was', async (it) => {
  const { client, faults, told } = await record(it)
  const app = express()
  app.use(
    trackExpress({
      client,
      user: (request: Asked) => request.get('x-user'),
      anonymous: (request) => request.get('x-visitor'),
      skip: (request) => request.path === '/health',
      metadata: (request) => ({ by: request.get('user-agent') }),
    }),
  )
  app.get('/tasks/:id', (request, response) => void response.send(`task ${request.params.id}`))
  app.get('/broken', () => {
    throw new Error('in the host')
  })
  const projects = express.Router()
  projects.get('/', (_, response) => void response.send('projects'))
  projects.post('/:id/close', (_, response) => void response.status(202).send('closed'))
  app.use('/projects', projects)
  app.get('/health', (_, response) => void response.send('ok'))
  app.use((_error: unknown, _request: unknown, response: express.Response, _next: unknown) => void response.status(500).send('failed'))
  const server = app.listen(0)
  it.onTestFinished(() => void server.close())
  await once(server, 'listening')
  const ask = async (path: string, headers: Record<string, string>, method = 'GET'): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { method, headers: { 'user-agent': 'test', ...headers } })
    return `${answer.status} ${await answer.text()}`
  }
  expect(await ask('/tasks/42?secret=1', { 'x-user': 'ada' })).toBe('200 task 42')
  expect(await ask('/projects', { 'x-visitor': 'v-1' })).toBe('200 projects')
  expect(await ask('/projects/7/close', { 'x-user': 'ada' }, 'POST')).toBe('202 closed')
  expect(await ask('/broken', { 'x-user': 'ada' })).toBe('500 failed')
  expect(await ask('/nowhere', { 'x-user': 'ada' })).toMatch(/^404 /)
  expect(await ask('/tasks/1', {})).toBe('200 task 1')
  expect(await ask('/health', { 'x-user': 'ada' })).toBe('200 ok')
  expect(await told()).toEqual([
    ['request_completed', 'ada', { method: 'GET', route: '/tasks/:id', status: 200, by: 'test' }],
    ['request_completed', 'v-1', { method: 'GET', route: '/projects', status: 200, by: 'test' }],
    ['request_completed', 'ada', { method: 'POST', route: '/projects/:id/close', status: 202, by: 'test' }],
    ['request_completed', 'ada', { method: 'GET', route: '/broken', status: 500, by: 'test' }],
    ['request_completed', 'ada', { method: 'GET', status: 404, by: 'test' }],
  ])
  expect(faults).toEqual([])
})

test('Fastify: the same, in every part of the application', async (it) => {
  const { client, faults, told } = await record(it)
  const app = fastify()
  it.onTestFinished(() => app.close())
  await app.register(
    trackFastify({
      client,
      type: (request) => (request.method === 'POST' ? 'thing_changed' : 'thing_seen'),
      user: (request: FastifyRequest) => header(request, 'x-user'),
      entity: () => ({ entityType: 'thing', entityId: 1 }),
    }),
  )
  app.get('/tasks/:id', async () => 'task')
  await app.register(
    async (part) => {
      part.post('/:id', async (_, reply) => reply.code(201).send('made'))
      part.get('/broken', async () => {
        throw new Error('in the host')
      })
    },
    { prefix: '/projects' },
  )
  const headers = { 'x-user': 'ada' }
  expect((await app.inject({ url: '/tasks/42', headers })).body).toBe('task')
  expect((await app.inject({ method: 'POST', url: '/projects/7', headers })).statusCode).toBe(201)
  expect((await app.inject({ url: '/projects/broken', headers })).statusCode).toBe(500)
  expect((await app.inject({ url: '/nowhere', headers })).statusCode).toBe(404)
  expect((await app.inject({ url: '/tasks/1' })).statusCode).toBe(200)
  expect(await told()).toEqual([
    ['thing_seen', 'ada', { method: 'GET', route: '/tasks/:id', status: 200 }],
    ['thing_changed', 'ada', { method: 'POST', route: '/projects/:id', status: 201 }],
    ['thing_seen', 'ada', { method: 'GET', route: '/projects/broken', status: 500 }],
    ['thing_seen', 'ada', { method: 'GET', status: 404 }],
  ])
  expect(faults).toEqual([])
})

test('Next: a route handler is recorded after its answer, by `after` where it is given, and its errors go on', async (it) => {
  const { client, faults, told, collector } = await record(it)
  const options = { client, user: (request: Request) => request.headers.get('x-user') }
  const tasks: (() => Promise<void>)[] = []
  const get = withActivity(async () => Response.json({ ok: true }), { ...options, after: (task: () => Promise<void>) => void tasks.push(task) })
  const post = withActivity((_, { params }: { params: Promise<{ id: string }> }) => params.then(({ id }) => new Response(id, { status: 201 })), options)
  const all = withActivity(async () => new Response(), options)
  const redirect = withActivity(
    () => {
      throw Object.assign(new Error('NEXT_REDIRECT'), { digest: 'NEXT_REDIRECT;replace;/login;307;' })
    },
    { ...options, route: '/login' },
  )
  const broken = withActivity(async () => {
    throw new Error('in the host')
  }, options)
  const request = (path: string, method = 'GET'): Request => new Request(`http://localhost${path}`, { method, headers: { 'x-user': 'ada' } })

  expect(await (await get(request('/api/tasks'), undefined)).json()).toEqual({ ok: true })
  expect(tasks).toHaveLength(1)
  await tasks[0]?.()
  expect(collector.events()).toHaveLength(1)
  expect(await (await post(request('/api/tasks/42/close?x=1', 'POST'), { params: Promise.resolve({ id: '42' }) })).text()).toBe('42')
  await all(request('/files/a/b%20c'), { params: Promise.resolve({ path: ['a', 'b c'] }) })
  await expect(redirect(request('/x'), undefined)).rejects.toThrow('NEXT_REDIRECT')
  await expect(broken(request('/api/%E0'), undefined)).rejects.toThrow('in the host')
  expect(await told()).toEqual([
    ['request_completed', 'ada', { method: 'GET', route: '/api/tasks', status: 200 }],
    ['request_completed', 'ada', { method: 'POST', route: '/api/tasks/[id]/close', status: 201 }],
    ['request_completed', 'ada', { method: 'GET', route: '/files/[...path]', status: 200 }],
    ['request_completed', 'ada', { method: 'GET', route: '/login', status: 307 }],
    ['request_completed', 'ada', { method: 'GET', route: '/api/%E0', status: 500 }],
  ])
  expect(faults).toEqual([])
})

test('SvelteKit: the handle hook records what `resolve` answered', async (it) => {
  const { client, faults, told } = await record(it)
  interface Event extends KitEvent {
    locals: { user?: string }
  }
  const handle = trackKit<Event>({ client, user: (event) => event.locals.user })
  const event = (id: string | null): Event => ({
    request: new Request('http://localhost/tasks/42'),
    route: { id },
    getClientAddress: () => '',
    locals: { user: 'ada' },
  })
  const answer = new Response('page')
  expect(await handle({ event: event('/tasks/[id]'), resolve: async () => answer })).toBe(answer)
  await expect(
    handle({
      event: event(null),
      resolve: () => {
        throw new Error('in the host')
      },
    }),
  ).rejects.toThrow('in the host')
  expect(await told()).toEqual([
    ['request_completed', 'ada', { method: 'GET', route: '/tasks/[id]', status: 200 }],
    ['request_completed', 'ada', { method: 'GET', status: 500 }],
  ])
  expect(faults).toEqual([])
})

test('what the host’s own functions throw is told, and no request notices', async (it) => {
  const { client, faults, told } = await record(it)
  const fail = (): never => {
    throw new Error('in the host')
  }
  const user = (): string => 'ada'
  const app = express()
  for (const options of [{ user: fail }, { user, skip: fail }, { user, type: fail }, { user, entity: fail }, { user, metadata: fail }])
    app.use(trackExpress({ client, ...options }))
  app.use(trackExpress({ client }))
  app.get('/', (_, response) => void response.send('ok'))
  const server = app.listen(0)
  it.onTestFinished(() => void server.close())
  await once(server, 'listening')
  expect(await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)).text()).toBe('ok')
  const broken = withActivity(async () => new Response('ok'), { client, user, after: fail })
  expect(await (await broken(new Request('http://localhost/'), undefined)).text()).toBe('ok')
  expect(await told()).toEqual([])
  expect(faults.map(({ code }) => code)).toEqual(Array.from({ length: 7 }, () => 'activity_failed'))
  expect(faults[0]?.message).toContain('`user` or `anonymous`')
})

test('what a request was about is told by its type and id, and a request without an id is about nothing', async (it) => {
  const { client, collector, faults, told } = await record(it)
  const app = express()
  const user = (): string => 'ada'
  app.use(trackExpress({ client, user, entityType: 'task', id: (request: Asked<{ id?: string }>) => request.params.id }))
  app.get('/tasks/:id', (_, response) => void response.send('task'))
  app.get('/tasks', (_, response) => void response.send('tasks'))
  const server = app.listen(0)
  it.onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  for (const path of ['/tasks/42', '/tasks']) expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(200)
  await told()
  expect(collector.events().map(({ entity_type, entity_id }) => [entity_type, entity_id])).toEqual([
    ['task', '42'],
    [undefined, undefined],
  ])
  expect(faults).toEqual([])
})

test('a host that ends its client with its last answer loses nothing of it', async (it) => {
  const { client, faults, told } = await record(it)
  const app = express()
  app.use(trackExpress({ client, user: () => 'ada' }))
  app.get('/last', (_, response) => {
    response.on('finish', () => void client.shutdown())
    response.send('bye')
  })
  const server = app.listen(0)
  it.onTestFinished(() => void server.close())
  await once(server, 'listening')
  await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/last`)).text()
  expect(await told()).toEqual([['request_completed', 'ada', { method: 'GET', route: '/last', status: 200 }]])
  expect(faults).toEqual([])
})
