import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import express from 'express'
// #region begin
import { init, shutdown, track } from '@cairn/node'
import { mountCairn, trackActivity } from '@cairn/node/express'

const { CAIRN_URL, CAIRN_WRITE_KEY, PORT } = process.env

init({ host: CAIRN_URL, writeKey: CAIRN_WRITE_KEY, spool: '.cairn', onError: (fault) => console.warn('Cairn:', fault) })
process.on('SIGTERM', async () => {
  await shutdown()
  process.exit()
})
// #endregion

const app = express()
const users = new Map()
const tasks = ['Photograph the north façade', 'Offer for the roof', 'Call the surveyor'].map((title, i) => ({ id: i + 1, title, done: false }))

// #region mount
app.use(mountCairn({ host: CAIRN_URL, path: '/hello' }))
// #endregion

app.use(express.json(), (request, _response, next) => {
  request.user = users.get(/session=([\w-]+)/.exec(request.get('cookie') ?? '')?.[1])
  next()
})

// #region activity
app.use(
  trackActivity({
    user: (request) => request.user?.id,
    session: (request) => request.get('x-session'),
    entity: (request) => request.params.id && { entityType: 'task', entityId: request.params.id },
    skip: (request) => !request.path.startsWith('/api/'),
  }),
)
// #endregion

app.post('/api/sign-in', (request, response) => {
  const name = String(request.body.name)
  const session = randomUUID()
  request.user = { id: name.toLowerCase(), name }
  users.set(session, request.user)
  response.cookie('session', session, { httpOnly: true, sameSite: 'lax' }).json(request.user)
})
app.use('/api', (request, response, next) => (request.user ? next() : response.status(401).json({ message: 'Sign in first.' })))
app.get('/api/tasks', (_request, response) => response.json(tasks))

// #region track
app.post('/api/tasks/:id/complete', (request, response) => {
  const task = tasks.find(({ id }) => id === Number(request.params.id))
  if (!task) return response.status(404).json({ message: 'No such task.' })
  task.done = true
  track('task_completed', {
    userId: request.user.id,
    sessionId: request.get('x-session'),
    entityType: 'task',
    entityId: task.id,
    metadata: { title: task.title },
  })
  response.json(task)
})
// #endregion

const page = readFileSync(new URL('public/index.html', import.meta.url), 'utf8').replaceAll('YOUR_WRITE_KEY', CAIRN_WRITE_KEY)
app.get('/', (_request, response) => response.type('html').send(page))
app.use(express.static(new URL('public', import.meta.url).pathname))

app.listen(Number(PORT), () => console.log(`Tasks: http://localhost:${PORT}`))
