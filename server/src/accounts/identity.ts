import { createHmac } from 'node:crypto'
import { MAX_PASSWORD } from '@cairn/wire/credentials'
import { DAY, SECOND } from '../base/time.ts'
import type { CatalogDb } from '../catalog/schema.ts'
import { identity } from '../catalog/version.ts'
import { hashPassword, verifyPassword } from './password.ts'

/** 30 days after it was last used. */
const SESSION_MS = 30 * DAY
/** Using a session writes its new end at most once a day. */
const RENEWED_AFTER_MS = DAY

/** The cookie that carries the session; Secure is added where a request came over TLS. */
export const COOKIE = 'cairn.session_token'

/**
 * better-auth: proof of passwords, sessions and their cookie. Its routes are not served, and it is told nothing of the network: the
 * endpoints of the table call it (`auth.api`), and what goes beyond one user (setup, members, limits on guessing) is ours.
 * Its secret signs cookies and is derived from the catalog's, so that all nodes take each other's sessions.
 */
export const makeIdentity = async (db: CatalogDb, browserOf: (userAgent: string) => string) => {
  // A third of a second and 30 MB that commands which only look into the catalog do without.
  const [{ betterAuth }, { catalogStorage }] = await Promise.all([import('better-auth/minimal'), import('./storage.ts')])
  const { salt } = await identity(db)
  return betterAuth({
    appName: 'Cairn',
    baseURL: 'http://localhost',
    secret: createHmac('sha256', salt).update('sessions').digest('hex'),
    database: catalogStorage(db),
    telemetry: { enabled: false },
    logger: { disabled: true },
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: 1,
      maxPasswordLength: MAX_PASSWORD,
      password: { hash: hashPassword, verify: verifyPassword },
    },
    user: { modelName: 'users', fields: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' } },
    account: {
      modelName: 'credentials',
      fields: {
        userId: 'user_id',
        providerId: 'provider_id',
        accountId: 'account_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    session: {
      modelName: 'sessions',
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
      expiresIn: SESSION_MS / SECOND,
      updateAge: RENEWED_AFTER_MS / SECOND,
      cookieCache: { enabled: false },
    },
    databaseHooks: {
      session: {
        create: {
          before: async (session) => ({ data: { ...session, ipAddress: null, userAgent: browserOf(session.userAgent ?? '') } }),
        },
      },
    },
    advanced: {
      cookiePrefix: 'cairn',
      useSecureCookies: false,
      disableCSRFCheck: true,
      disableOriginCheck: true,
      ipAddress: { disableIpTracking: true },
    },
  })
}

export type Identity = Awaited<ReturnType<typeof makeIdentity>>
