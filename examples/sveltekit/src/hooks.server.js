// #region server
import { init, shutdown } from '@cairn/node'
import { trackActivity } from '@cairn/node/sveltekit'
import { sequence } from '@sveltejs/kit/hooks'
import { CAIRN_URL } from '$app/env/private'
import { CAIRN_WRITE_KEY } from '$app/env/public'

init({ host: CAIRN_URL, writeKey: CAIRN_WRITE_KEY })
process.on('sveltekit:shutdown', () => shutdown())

/** Your own sign-in. */
function signIn({ event, resolve }) {
  event.locals.user = event.cookies.get('user')
  return resolve(event)
}

export const handle = sequence(
  signIn,
  trackActivity({
    user: (event) => event.locals.user,
    session: (event) => event.request.headers.get('x-session'),
    entity: (event) => ({ entityType: 'topic', entityId: event.params.topic }),
    skip: (event) => !event.url.pathname.startsWith('/api/'),
  }),
)
// #endregion
