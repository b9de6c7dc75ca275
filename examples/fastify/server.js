import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fastify } from 'fastify'
// #region begin
import { init, shutdown, track } from '@cairn/node'
import { mountCairn, trackActivity } from '@cairn/node/fastify'

const { CAIRN_URL, CAIRN_WRITE_KEY, PORT } = process.env

init({ host: CAIRN_URL, writeKey: CAIRN_WRITE_KEY, spool: '.cairn', onError: (fault) => console.warn('Cairn:', fault) })

const app = fastify()
app.addHook('onClose', () => shutdown())
process.on('SIGTERM', () => app.close())
// #endregion

const users = new Map()
const calls = ['Harbour Bakery', 'Lindqvist & Daughters', 'Northern Tyres'].map((client, i) => ({ id: i + 1, client, outcome: null }))

// #region mount
app.register(mountCairn({ host: CAIRN_URL, path: '/hello' }))
// #endregion

// #region activity
app.register(
  trackActivity({
    user: (request) => request.user?.id,
    session: (request) => request.headers['x-session'],
    entity: (request) => request.params.id && { entityType: 'call', entityId: request.params.id },
    skip: (request) => !request.url.startsWith('/api/'),
  }),
)
// #endregion

app.decorateRequest('user', null)
app.addHook('onRequest', async (request, reply) => {
  request.user = users.get(/session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1])
  if (!request.user && request.url.startsWith('/api/') && request.url !== '/api/sign-in') return reply.code(401).send({ message: 'Sign in first.' })
})

app.post('/api/sign-in', async (request, reply) => {
  const session = randomUUID()
  request.user = { id: String(request.body.name).toLowerCase(), name: request.body.name }
  users.set(session, request.user)
  reply.header('Set-Cookie', `session=${session}; HttpOnly; SameSite=Lax; Path=/`)
  return request.user
})
app.get('/api/calls', async () => calls)

// #region track
app.post('/api/calls/:id/outcome', async (request, reply) => {
  const call = calls.find(({ id }) => id === Number(request.params.id))
  if (!call) return reply.code(404).send({ message: 'No such call.' })
  call.outcome = request.body.outcome
  track('call_completed', {
    userId: request.user.id,
    sessionId: request.headers['x-session'],
    entityType: 'call',
    entityId: call.id,
    durationMs: request.body.durationMs,
    metadata: { outcome: call.outcome },
  })
  return call
})
// #endregion

const files = { '/': ['index.html', 'text/html; charset=utf-8'], '/style.css': ['style.css', 'text/css'], '/icon.svg': ['icon.svg', 'image/svg+xml'] }
for (const [path, [name, type]] of Object.entries(files)) {
  const text = readFileSync(new URL(`public/${name}`, import.meta.url), 'utf8').replaceAll('YOUR_WRITE_KEY', CAIRN_WRITE_KEY)
  app.get(path, async (_request, reply) => reply.type(type).send(text))
}

await app.listen({ port: Number(PORT) })
console.log(`Calls: http://localhost:${PORT}`)
