const main = document.querySelector('main')
const problem = document.querySelector('[role=alert]')

const ask = async (path, body) => {
  const headers = { 'Content-Type': 'application/json' }
  const response = await fetch(path, body ? { method: 'POST', headers, body: JSON.stringify(body) } : {})
  const answer = await response.json()
  if (response.ok) return answer
  problem.textContent = answer.message
  return undefined
}

const make = (tag, props, ...children) => {
  const element = Object.assign(document.createElement(tag), props)
  element.append(...children)
  return element
}

function show(name) {
  problem.textContent = ''
  document.querySelector('#log-out').hidden = name === 'log-in'
  main.replaceChildren(document.querySelector(`#${name}`).content.cloneNode(true))
}

const onSubmit = (form, then) =>
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    then(Object.fromEntries(new FormData(form)), form)
  })

function showLogIn() {
  show('log-in')
  onSubmit(main.querySelector('form'), async (fields) => {
    // #region identify
    const user = await ask('/api/log-in', fields)
    if (!user) return
    window.cairn?.identify(user.id, { name: user.name, trade: user.trade })
    // #endregion
    await enter()
  })
}

// #region log-out
document.querySelector('#log-out').addEventListener('click', async () => {
  await ask('/api/log-out', {})
  window.cairn?.reset()
  history.replaceState(null, '', '/')
  showLogIn()
})
// #endregion

async function showList() {
  const found = await ask('/api/tasks')
  if (!found) return
  show('list')
  main.querySelector('.notices').append(
    ...found.notices.map(({ id, data }) => {
      const why = data.rejection_note ?? data.reason
      const item = make('li', { className: 'card' }, `${data.user_id} turned down ${data.title}${why ? `: ${why}` : ''}`)
      const read = make('button', { type: 'button', className: 'quiet', textContent: 'Read' })
      read.addEventListener('click', async () => (await ask(`/api/notices/${id}/read`, {})) && item.remove())
      item.append(read)
      return item
    }),
  )
  main.querySelector('.tasks').append(
    ...found.tasks.map(({ id, title, place, status, assignees, unopened }) => {
      const about = unopened.length > 0 ? `not opened by ${unopened.join(', ')}` : assignees.join(', ') || 'nobody'
      const link = make('a', { href: `/tasks/${id}`, textContent: title, className: status === 'completed' ? 'done' : '' })
      return make('li', { className: 'card' }, link, make('small', { textContent: `${place} · ${about}` }))
    }),
  )
}

async function showTask(id) {
  const found = await ask(`/api/tasks/${id}`)
  if (!found) return
  const { user, task, reasons } = found
  // #region view
  window.cairn?.track('task_viewed', { entityType: 'task', entityId: task.id })
  // #endregion
  show('task')
  main.querySelector('h1').textContent = task.title
  main.querySelector('select').append(...Object.entries(reasons).map(([value, text]) => make('option', { value }, text)))
  const draw = ({ place, status, assignees, comments }) => {
    main.querySelector('.about').textContent = `${place} · ${status} · ${assignees.join(', ') || 'nobody'}`
    main.querySelector('.own').hidden = status === 'completed' || !assignees.includes(user.id)
    main.querySelector('.comments').replaceChildren(...comments.map(({ by, text }) => make('li', { className: 'card' }, make('strong', {}, by), text)))
  }
  draw(task)
  onSubmit(main.querySelector('#comment'), async (fields, form) => {
    const answer = await ask(`/api/tasks/${id}/comments`, fields)
    if (!answer) return
    form.reset()
    draw(answer.task)
  })
  main.querySelector('#complete').addEventListener('click', async () => {
    const answer = await ask(`/api/tasks/${id}/complete`, {})
    if (answer) draw(answer.task)
  })
  onSubmit(main.querySelector('#reject'), async (fields) => {
    if (await ask(`/api/tasks/${id}/reject`, fields)) location.assign('/')
  })
}

const enter = async () => {
  if (!(await ask('/api/me')).user) return showLogIn()
  const [, id] = /^\/tasks\/(\w+)/.exec(location.pathname) ?? []
  return id ? showTask(id) : showList()
}
await enter()
