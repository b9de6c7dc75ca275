import type { IncomingMessage } from 'node:http'
import { CairnError } from '../base/errors.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import type { Client, SignedIn } from '../http/auth.ts'
import { COOKIE, type Identity } from './identity.ts'

/** Somebody with a session: what a request's cookie stands for. */
export interface Session {
  id: string
  user: SignedIn
  /** Set-Cookie lines where this request renewed it. */
  cookies: readonly string[]
}

export interface SessionsDeps {
  identity: Identity
  client(request: IncomingMessage): Client
}

/** Sessions as better-auth keeps them; each request with a cookie reads its row, so that one that was ended is out at once, on every node. */
export class Sessions {
  readonly #deps: SessionsDeps

  constructor(deps: SessionsDeps) {
    this.#deps = deps
  }

  /** Throws `unavailable` where the catalog cannot be read: then nobody is taken for signed out. */
  async whoIs(request: IncomingMessage): Promise<Session | undefined> {
    const { cookie } = request.headers
    if (cookie === undefined || !cookie.includes(`${COOKIE}=`)) return undefined
    const { headers, response } = await this.#deps.identity.api
      .getSession({ headers: new Headers({ cookie }), returnHeaders: true })
      .catch((cause: unknown) => {
        throw new CairnError('unavailable', 'Sessions cannot be read right now. Try again in a few seconds.', { cause, retryAfterSeconds: 2 })
      })
    if (!response) return undefined
    const { id, name, email } = response.user
    return { id: response.session.id, user: { id, name, email }, cookies: this.#cookiesOf(headers, request) }
  }

  /** Who has this e-mail and password, signed in: undefined for a wrong one of either, which take the same time. */
  async begin(request: IncomingMessage, { email, password }: { email: string; password: string }): Promise<Omit<Session, 'id'> | undefined> {
    const { identity } = this.#deps
    const own = new Headers({ 'user-agent': request.headers['user-agent'] ?? '' })
    try {
      const { headers, response } = await identity.api.signInEmail({ body: { email, password }, headers: own, returnHeaders: true })
      const { id, name, email: known } = response.user
      return { user: { id, name, email: known }, cookies: this.#cookiesOf(headers, request) }
    } catch (error) {
      if (error instanceof Error && 'status' in error && error.status === 'UNAUTHORIZED') return undefined
      throw error
    }
  }

  /** Ends the session of this request; answers the Set-Cookie lines that take the cookie back. */
  async end(request: IncomingMessage): Promise<readonly string[]> {
    const { headers } = await this.#deps.identity.api.signOut({ headers: new Headers({ cookie: request.headers.cookie ?? '' }), returnHeaders: true })
    return this.#cookiesOf(headers, request)
  }

  #cookiesOf(headers: Headers | undefined, request: IncomingMessage): string[] {
    const { secure } = this.#deps.client(request)
    // Of better-auth's cookies only this one is in use; the others it merely takes back.
    const own = (headers?.getSetCookie() ?? []).filter((cookie) => cookie.startsWith(`${COOKIE}=`))
    return own.map((cookie) => (secure && !/;\s*secure/i.test(cookie) ? `${cookie}; Secure` : cookie))
  }
}

export interface ListedSession {
  id: string
  createdAt: number
  lastSeenAt: number
  expiresAt: number
  browser: string
}

/** Those that have not ended, last used first. */
export const listSessions = async (db: CatalogDb, { userId, now }: { userId: string; now: number }): Promise<ListedSession[]> => {
  const rows = await db.selectFrom('sessions').selectAll().where('user_id', '=', userId).where('expires_at', '>', now).orderBy('updated_at', 'desc').execute()
  return rows.map((row) => ({
    id: row.id,
    createdAt: row.created_at,
    lastSeenAt: row.updated_at,
    expiresAt: row.expires_at,
    browser: row.user_agent ?? '',
  }))
}
