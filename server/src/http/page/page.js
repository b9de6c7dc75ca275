// The first page: shows events as they arrive, asked once a second while the tab is visible. The real screens take its place.
const $ = (id) => document.getElementById(id)
const STORED = 'cairn_secret_key'
// The link that `npm start` prints carries the key behind #, which never reaches a server or its log.
function takeKeyFromLink() {
  const given = new URLSearchParams(location.hash.slice(1)).get('key')
  if (!given) return
  sessionStorage.setItem(STORED, given)
  history.replaceState(null, '', location.pathname)
}
takeKeyFromLink()

const number = new Intl.NumberFormat()
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

async function ask(path) {
  const response = await fetch(path, { headers: { Authorization: `Bearer ${sessionStorage.getItem(STORED)}` } })
  const body = await response.json()
  if (!response.ok) throw Object.assign(new Error(body.message ?? `The server answered ${response.status}.`), { status: response.status })
  return body
}

function show(id, shown) {
  $(id).hidden = !shown
}

function cell(row, text) {
  row.insertCell().textContent = text
}

function draw(activity, { events }) {
  $('total').textContent = number.format(activity.total_events)
  $('people').textContent = number.format(activity.active_users)
  $('sessions').textContent = number.format(activity.sessions)
  $('bots').textContent = number.format(activity.bots)
  show('waiting', events.length === 0)
  show('list', events.length > 0)
  const rows = document.createElement('tbody')
  rows.id = 'rows'
  for (const event of events) {
    const row = rows.insertRow()
    cell(row, moment.format(new Date(event.event_timestamp)))
    cell(row, event.event_type)
    cell(row, event.user_id ?? event.anonymous_id ?? '')
    cell(row, [event.entity_type, event.entity_id].filter(Boolean).join(' '))
    cell(row, [event.device_type, event.browser].filter(Boolean).join(' · '))
  }
  $('rows').replaceWith(rows)
}

async function refreshHealth() {
  const health = $('health')
  try {
    const { status, parts } = await (await fetch('/api/health')).json()
    const troubled = Object.entries(parts).filter(([, part]) => part.status !== 'ok')
    health.dataset.status = status
    health.textContent = troubled.length === 0 ? 'Everything works' : troubled.map(([name, part]) => `${name}: ${part.message ?? part.status}`).join(' ')
  } catch {
    health.dataset.status = 'down'
    health.textContent = 'The server does not answer'
  }
}

async function refresh() {
  const signedIn = sessionStorage.getItem(STORED) !== null
  show('sign-in', !signedIn)
  show('events', signedIn)
  if (!signedIn) return
  try {
    draw(...(await Promise.all([ask('/api/events/analytics'), ask('/api/events?limit=50')])))
    show('failure', false)
  } catch (error) {
    if (error.status === 401 || error.status === 403) {
      sessionStorage.removeItem(STORED)
      show('sign-in', true)
      show('events', false)
      show('sign-in-failure', true)
      $('sign-in-failure').textContent = error.message
      return
    }
    show('failure', true)
    $('failure').textContent = error instanceof TypeError ? 'The server does not answer; trying again.' : error.message
  }
}

$('sign-in').addEventListener('submit', (event) => {
  event.preventDefault()
  sessionStorage.setItem(STORED, $('key').value.trim())
  $('key').value = ''
  show('sign-in-failure', false)
  void refresh()
})
$('sign-out').addEventListener('click', () => {
  sessionStorage.removeItem(STORED)
  void refresh()
})
window.addEventListener('hashchange', () => {
  takeKeyFromLink()
  void refresh()
})
$('snippet').textContent = `curl -X POST ${location.origin}/api/events/log \\
  -H "Authorization: Bearer $CAIRN_WRITE_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"event_type": "project_created", "user_id": "ada"}'`

async function run() {
  if (document.visibilityState === 'visible') await Promise.all([refreshHealth(), refresh()])
  setTimeout(() => void run(), 1_000)
}
void run()
