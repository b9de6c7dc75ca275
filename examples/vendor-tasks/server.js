import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import express from 'express'
// #region begin
import { init, shutdown, track } from '@cairn/node'
import { mountCairn, trackActivity } from '@cairn/node/express'
import { ask, delivered, tell } from './cairn.js'
import { people, reasons, tasks } from './tasks.js'

const { CAIRN_URL, CAIRN_WRITE_KEY, CAIRN_SECRET_KEY, PORT } = process.env

init({ host: CAIRN_URL, writeKey: CAIRN_WRITE_KEY, spool: '.cairn', onError: (fault) => console.warn('Cairn:', fault) })
process.on('SIGTERM', async () => {
  await Promise.all([shutdown(), delivered()])
  process.exit()
})
// #endregion
if (!CAIRN_SECRET_KEY) throw new Error('CAIRN_SECRET_KEY is missing. Cairn shows how to make one under Settings, Keys.')

const app = express()
const logins = new Map()

app.use(mountCairn({ host: CAIRN_URL, path: '/hello' }))
app.use(express.json(), (request, _response, next) => {
  request.login = logins.get(/login=([\w-]+)/.exec(request.get('cookie') ?? '')?.[1])
  next()
})

// #region activity
app.use(
  trackActivity({
    user: (request) => request.login?.user.id,
    session: (request) => request.login?.session,
    entityType: 'task',
    id: (request) => request.params.id,
    skip: (request) => !request.path.startsWith('/api/'),
  }),
)
// #endregion

// #region tasks
for (const { id, title, place, status, created_by, assignees } of tasks.values())
  tell('PUT', `/api/tasks/${id}`, { attributes: { title, place, status, created_by }, assignees })
// #endregion

// #region log-in
app.post('/api/log-in', (request, response) => {
  const user = people.get(String(request.body.name).toLowerCase())
  if (!user || request.body.password !== 'trade') return response.status(401).json({ message: 'Name or password is wrong.' })
  const token = randomBytes(32).toString('base64url')
  const login = { user, token, session: undefined }
  logins.set(token, login)
  const about = { user_agent: request.get('user-agent'), referrer: request.get('referer') }
  tell('POST', '/api/sessions/start', { user_id: user.id, session_token: token, ...about }).then((answer) => (login.session = answer?.session_id))
  response.cookie('login', token, { httpOnly: true, sameSite: 'lax' }).json(user)
})

app.post('/api/log-out', (request, response) => {
  const token = request.login?.token
  if (logins.delete(token)) tell('POST', `/api/sessions/${token}/end`)
  response.clearCookie('login').json({})
})
// #endregion

app.get('/api/me', ({ login }, response) => response.json({ user: login?.user ?? null }))
app.use('/api', (request, response, next) => (request.login ? next() : response.status(401).json({ message: 'Log in first.' })))

const isOf = ({ assignees, created_by }, { id }) => created_by === id || assignees.includes(id)

// #region notices
app.get('/api/tasks', async ({ login: { user } }, response) => {
  const [told, unopened] = await Promise.all([ask(`/api/notifications?user_id=${user.id}&unread=true`), ask('/api/tasks/unopened?older_than_hours=0')])
  const own = [...tasks.values()].filter((task) => isOf(task, user))
  const waitingFor = ({ id }) => unopened?.tasks.filter((one) => one.entity_id === id).map((one) => one.user_id) ?? []
  response.json({
    user,
    notices: told?.notifications ?? [],
    tasks: own.map((task) => ({ ...task, unopened: task.created_by === user.id ? waitingFor(task) : [] })),
  })
})

app.post('/api/notices/:notice/read', (request, response) => {
  tell('POST', `/api/notifications/${request.params.notice}/read`)
  response.json({})
})
// #endregion

app.param('id', (request, response, next, id) => {
  request.task = tasks.get(id)
  if (!request.task || !isOf(request.task, request.login.user)) return response.status(404).json({ message: 'There is no such task.' })
  next()
})

app.get('/api/tasks/:id', ({ task, login: { user } }, response) => response.json({ user, task, reasons }))

// #region reject
app.post('/api/tasks/:id/reject', ({ task, login: { user, session }, body }, response) => {
  if (task.status === 'completed' || !task.assignees.includes(user.id)) return response.status(409).json({ message: 'This is not yours to turn down.' })
  task.assignees = task.assignees.filter((id) => id !== user.id)
  tell('POST', `/api/tasks/${task.id}/reject`, { user_id: user.id, session_id: session, reason: body.reason, rejection_note: body.note || null })
  response.json({})
})
// #endregion

// #region comment
app.post('/api/tasks/:id/comments', ({ task, login: { user, session }, body }, response) => {
  task.comments.push({ by: user.name, text: String(body.text) })
  track('task_commented', { userId: user.id, sessionId: session, entityType: 'task', entityId: task.id, metadata: { length: body.text.length } })
  response.json({ task })
})

app.post('/api/tasks/:id/complete', ({ task, login: { user, session } }, response) => {
  task.status = 'completed'
  tell('PATCH', `/api/tasks/${task.id}`, { attributes: { status: 'completed', completed_at: new Date().toISOString() } })
  track('task_completed', { userId: user.id, sessionId: session, entityType: 'task', entityId: task.id })
  response.json({ task })
})
// #endregion

const page = readFileSync(new URL('public/index.html', import.meta.url), 'utf8').replaceAll('YOUR_WRITE_KEY', CAIRN_WRITE_KEY)
app.get(['/', '/tasks/:number'], (_request, response) => response.type('html').send(page))
app.use(express.static(new URL('public', import.meta.url).pathname))

app.listen(Number(PORT), () => console.log(`Trades: http://localhost:${PORT}`))
