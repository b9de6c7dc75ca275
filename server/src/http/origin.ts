import type { IncomingHttpHeaders } from 'node:http'
import { CairnError } from '../base/errors.ts'

/**
 * Against requests that another site has a signed-in person's browser send: what changes something, and what a session opens, has to come from
 * a page of this server. The browser says so itself, in `Origin`, or in `Sec-Fetch-Site` where it leaves that out. A request that says neither
 * comes from no browser; with a cookie it is refused nevertheless, without one there is nothing that another site could make use of.
 */
export function requireOwnOrigin(headers: IncomingHttpHeaders, publicUrl: string | undefined): void {
  const { origin, host, cookie } = headers
  if (origin !== undefined) {
    if (isOwn(origin, host, publicUrl)) return
    throw new CairnError(
      'forbidden',
      'This came from a page of another origin: being signed in counts on Cairn’s own pages only. Behind a proxy, set CAIRN_PUBLIC_URL or pass the Host header on.',
    )
  }
  const site = headers['sec-fetch-site']
  if (site === 'same-origin' || site === 'none') return
  if (site !== undefined) throw new CairnError('forbidden', 'This came from a page of another site: being signed in counts on Cairn’s own pages only.')
  if (cookie !== undefined)
    throw new CairnError('forbidden', 'A request with a session cookie has to say where it comes from: send the header Origin, or use a secret key instead.')
}

function isOwn(origin: string, host: string | undefined, publicUrl: string | undefined): boolean {
  const from = URL.parse(origin)
  if (!from || (from.protocol !== 'http:' && from.protocol !== 'https:')) return false
  return from.host === host?.toLowerCase() || (publicUrl !== undefined && from.origin === URL.parse(publicUrl)?.origin)
}
