import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { once } from 'node:events'
import { ask, cookieOf, PASSWORD, signIn, startCairn, type Answer, type TestCairn } from './cairn.ts'

let cairn: TestCairn
beforeAll(async () => {
  // Its word about TLS and addresses is believed: tests come from many addresses, each with its own limit.
  cairn = await startCairn({ CAIRN_TRUSTED_PROXIES: '127.0.0.1' })
})
afterAll(() => cairn.close())

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(cairn.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
let addresses = 0
const elsewhere = (): Record<string, string> => ({ 'X-Forwarded-For': `198.51.100.${++addresses}` })

describe('the first user', () => {
  const ada = { name: 'Ada', email: 'Ada@Example.com', password: 'a long password' }

  test('is made once, by the link of this start only, owns the first workspace, names it and is signed in', async () => {
    expect((await ask(`${cairn.url}/api/setup`)).body).toEqual({ needed: true })
    const wrong = await post('/api/setup', { ...ada, token: 'x'.repeat(43) })
    expect([wrong.status, wrong.body['code'], wrong.body['message']]).toEqual([
      403,
      'forbidden',
      'This link does not hold. Open the one that the last start of Cairn printed.',
    ])
    expect((await post('/api/setup', { ...ada, token: cairn.setupToken, password: 'short' })).status).toBe(422)
    expect((await post('/api/setup', { ...ada, token: cairn.setupToken, timezone: 'Mars/Olympus' })).status).toBe(422)
    expect((await ask(`${cairn.url}/api/setup`)).body).toEqual({ needed: true })
    const made = await post('/api/setup', { ...ada, token: cairn.setupToken, workspace_name: 'North', timezone: 'Europe/Berlin' })
    const account = {
      user: { id: expect.any(String) as string, name: 'Ada', email: 'ada@example.com' },
      workspaces: [{ slug: 'default', name: 'North', timezone: 'Europe/Berlin', role: 'owner', entity_types: [] }],
    }
    expect([made.status, made.body]).toEqual([200, account])
    const cookie = cookieOf(made)
    expect((await ask(`${cairn.url}/api/account`, { headers: { Cookie: cookie } })).body).toEqual(account)
    // In one workspace only nobody needs to name it.
    expect((await ask(`${cairn.url}/api/workspace`, { headers: { Cookie: cookie } })).body).toMatchObject({ slug: 'default', name: 'North' })
    expect((await ask(`${cairn.url}/api/setup`)).body).toEqual({ needed: false })
    expect((await post('/api/setup', { ...ada, token: cairn.setupToken, email: 'eve@example.com' })).status).toBe(409)
  })
})

describe('signing in', () => {
  test('answers the account and a cookie that scripts cannot read, whatever the case of the e-mail; signing out ends the session', async () => {
    const w = await cairn.workspace()
    const user = await cairn.user({ workspace: w, role: 'viewer' })
    const answer = await post('/api/auth/sign-in/email', { email: user.email.toUpperCase(), password: PASSWORD })
    expect(answer.body).toMatchObject({ user: { email: user.email }, workspaces: [{ slug: w.slug, role: 'viewer' }] })
    const [line = '', ...more] = answer.headers.getSetCookie()
    expect(more).toEqual([])
    expect(line.split('; ').slice(1).toSorted()).toEqual(['HttpOnly', 'Max-Age=2592000', 'Path=/', 'SameSite=Lax'])
    expect(line).toMatch(/^cairn\.session_token=/)
    expect(JSON.stringify(answer.body)).not.toContain(line.slice(20, 40))

    const other = await signIn(cairn.url, { email: user.email, password: PASSWORD })
    const out = await other.call('POST', '/api/auth/sign-out')
    expect(out.headers.getSetCookie()).toEqual([expect.stringMatching(/^cairn\.session_token=;.*Max-Age=0/)])
    expect((await other.call('GET', '/api/account')).status).toBe(401)
    expect((await user.call('GET', '/api/account')).status).toBe(200)
  })

  test('the cookie is Secure where the request came over TLS, by the word of a trusted proxy or by CAIRN_PUBLIC_URL', async () => {
    const user = await cairn.user()
    const signInOver = async (url: string, headers: Record<string, string>): Promise<string> => {
      const answer = await ask(`${url}/api/auth/sign-in/email`, { method: 'POST', headers, body: JSON.stringify({ email: user.email, password: PASSWORD }) })
      return answer.headers.getSetCookie()[0] ?? ''
    }
    expect(await signInOver(cairn.url, { 'X-Forwarded-Proto': 'https' })).toMatch(/; Secure$/)
    expect(await signInOver(cairn.url, { 'X-Forwarded-Proto': 'http' })).not.toMatch(/Secure/)
    const behind = await startCairn({ CAIRN_PUBLIC_URL: 'https://cairn.example', CAIRN_ADMIN_EMAIL: 'ada@example.com', CAIRN_ADMIN_PASSWORD: PASSWORD })
    try {
      const login = (headers: Record<string, string>): Promise<Answer> =>
        ask(`${behind.url}/api/auth/sign-in/email`, { method: 'POST', headers, body: JSON.stringify({ email: 'ada@example.com', password: PASSWORD }) })
      const answer = await login({ Origin: 'https://cairn.example' })
      expect(answer.headers.getSetCookie()[0]).toMatch(/; Secure$/)
      expect(answer.body).toMatchObject({ workspaces: [{ slug: 'default', role: 'owner' }] })
      expect((await login({ Origin: 'https://cairn.example.evil.example' })).status).toBe(403)
      expect(behind.setupToken).toBeUndefined()
    } finally {
      await behind.close()
    }
  })

  test('a wrong password and an unknown e-mail get the same answer, at the same cost of the processor', async () => {
    const user = await cairn.user()
    // The processor's time rather than the clock's: a busy machine does not change it.
    const attempt = async (email: string): Promise<{ answer: unknown[]; ms: number }> => {
      const began = process.cpuUsage()
      const { status, body } = await post('/api/auth/sign-in/email', { email, password: 'wrong' }, elsewhere())
      const { user: own, system } = process.cpuUsage(began)
      return { answer: [status, body], ms: (own + system) / 1000 }
    }
    const costs: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] }
    for (let n = 0; n < 4; n++) {
      const [known, unknown] = [await attempt(user.email), await attempt(`nobody-${n % 2}@example.com`)]
      expect(unknown.answer).toEqual(known.answer)
      expect(known.answer).toEqual([401, { success: false, code: 'unauthorized', message: 'E-mail or password is wrong.' }])
      costs.known.push(known.ms)
      costs.unknown.push(unknown.ms)
    }
    // Without a password to compare with it would cost a tenth.
    expect(Math.min(...costs.unknown)).toBeGreaterThan(Math.min(...costs.known) / 2)
  })

  test('after 5 wrong passwords the right one is refused too, until the time that is told; guesses at once get no further', async () => {
    const user = await cairn.user()
    const guesses = await Promise.all(Array.from({ length: 12 }, () => post('/api/auth/sign-in/email', { email: user.email, password: 'wrong' }, elsewhere())))
    expect(guesses.map(({ status }) => status).toSorted((x, y) => x - y)).toEqual([
      ...Array.from({ length: 5 }, () => 401),
      ...Array.from({ length: 7 }, () => 429),
    ])
    const right = await post('/api/auth/sign-in/email', { email: user.email, password: PASSWORD })
    expect(right.status).toBe(429)
    expect(right.body).toMatchObject({
      code: 'too_many_requests',
      message: expect.stringMatching(/^Too many wrong passwords for this account\. Try again after 20/) as string,
    })
    const seconds = Number(right.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(50)
    expect(seconds).toBeLessThanOrEqual(60)
    // Whoever is signed in stays so, and others sign in.
    expect((await user.call('GET', '/api/account')).status).toBe(200)
    await cairn.user()
    cairn.clock.advance(61_000)
    expect((await post('/api/auth/sign-in/email', { email: user.email, password: PASSWORD })).status).toBe(200)
    expect((await post('/api/auth/sign-in/email', { email: user.email, password: 'wrong' })).status).toBe(401)
    expect((await post('/api/auth/sign-in/email', { email: user.email, password: PASSWORD })).status).toBe(200)
  })

  test('an address waits after 30 wrong passwords, by what a trusted proxy says of it', async () => {
    const from = { 'X-Forwarded-For': '203.0.113.99' }
    const guess = (n: number): ReturnType<typeof post> => post('/api/auth/sign-in/email', { email: `guess-${n}@example.com`, password: 'wrong' }, from)
    for (let n = 0; n < 30; n++) expect((await guess(n)).status).toBe(401)
    const { status, body } = await guess(30)
    expect([status, body['message']]).toEqual([429, expect.stringMatching(/^Too many wrong passwords came from your address/)])
    expect((await post('/api/auth/sign-in/email', { email: 'guess-1@example.com', password: 'wrong' }, elsewhere())).status).toBe(401)
  })
})

describe('a session', () => {
  test('ends at its end, wherever it is ended, and at a new password everywhere but here', async () => {
    const user = await cairn.user()
    const [here, there, third] = await Promise.all([1, 2, 3].map(() => signIn(cairn.url, { email: user.email, password: PASSWORD })))
    if (!here || !there || !third) throw new Error('not signed in')
    const { sessions } = await here.get<{ sessions: Array<{ id: string; current: boolean; created_at: string }> }>('/api/account/sessions')
    expect(sessions).toHaveLength(4)
    expect(sessions.filter(({ current }) => current)).toHaveLength(1)
    const [own] = (await there.get<{ sessions: Array<{ id: string; current: boolean }> }>('/api/account/sessions')).sessions.filter(({ current }) => current)
    expect((await here.call('DELETE', `/api/account/sessions/${own?.id}`)).status).toBe(200)
    expect((await here.call('DELETE', `/api/account/sessions/${own?.id}`)).status).toBe(404)
    expect((await there.call('GET', '/api/account')).status).toBe(401)
    const stranger = await cairn.user()
    expect((await stranger.call('DELETE', `/api/account/sessions/${sessions[0]?.id}`)).status).toBe(404)

    const change = (current_password: string): Promise<Answer> =>
      here.post('/api/account/password', { current_password, new_password: 'another long password' })
    expect((await change('wrong')).status).toBe(403)
    expect((await change(PASSWORD)).status).toBe(200)
    expect((await here.call('GET', '/api/account')).status).toBe(200)
    expect((await third.call('GET', '/api/account')).status).toBe(401)
    expect((await post('/api/auth/sign-in/email', { email: user.email, password: PASSWORD })).status).toBe(401)

    await cairn.catalog.db
      .updateTable('sessions')
      .set({ expires_at: Date.now() - 1 })
      .where('user_id', '=', user.id)
      .execute()
    expect((await here.call('GET', '/api/account')).body).toMatchObject({
      code: 'unauthorized',
      message: 'Nobody is signed in, or the session has ended: sign in.',
    })
  })

  test('a changed name is told from then on', async () => {
    const user = await cairn.user()
    expect((await user.call('PATCH', '/api/account', { name: ' Grace ' })).body).toMatchObject({ user: { name: 'Grace' } })
    expect(await user.get('/api/account')).toMatchObject({ user: { name: 'Grace', email: user.email } })
    expect((await user.call('PATCH', '/api/account', { name: '   ' })).status).toBe(422)
  })

  test('names the workspace by a header where there are several; a key beside it wins', async () => {
    const [a, b] = [await cairn.workspace(), await cairn.workspace()]
    const user = await cairn.user({ workspace: a })
    await cairn.catalog.db.insertInto('members').values({ workspace_id: b.id, user_id: user.id, role: 'viewer', joined_at: 1 }).execute()
    await cairn.catalog.db.updateTable('meta').set({ value: '1000000' }).where('key', '=', 'version').execute()
    await cairn.directory.refresh()
    const plain = { Cookie: user.cookie }
    expect((await ask(`${cairn.url}/api/workspace`, { headers: plain })).body).toMatchObject({ code: 'invalid', errors: [{ path: '/x-cairn-workspace' }] })
    expect(await user.get('/api/workspace', { 'X-Cairn-Workspace': b.slug })).toMatchObject({ slug: b.slug })
    const keyed = await ask(`${cairn.url}/api/workspace`, { headers: { ...plain, 'X-Cairn-Workspace': b.slug, Authorization: `Bearer ${a.secretKey}` } })
    expect(keyed.body).toMatchObject({ slug: a.slug })
    expect((await ask(`${cairn.url}/api/workspace`, { headers: { ...plain, Authorization: 'Bearer unknown_key_0123456789' } })).status).toBe(401)
  })
})

describe('requests that another site has a browser send', () => {
  const from = {
    own: (): Record<string, string> => ({ Origin: cairn.url }),
    other: (): Record<string, string> => ({ Origin: 'https://evil.example' }),
    nowhere: (): Record<string, string> => ({ Origin: 'null' }),
    samePort: (): Record<string, string> => ({ Origin: cairn.url.replace('127.0.0.1', 'evil.example') }),
    sameOrigin: (): Record<string, string> => ({ 'Sec-Fetch-Site': 'same-origin' }),
    crossSite: (): Record<string, string> => ({ 'Sec-Fetch-Site': 'cross-site' }),
    sameSite: (): Record<string, string> => ({ 'Sec-Fetch-Site': 'same-site' }),
    silent: (): Record<string, string> => ({}),
  }
  const trusted = ['own', 'sameOrigin']

  test.each(Object.keys(from) as Array<keyof typeof from>)('with a session, from %s: only own pages change anything, by any method', async (name) => {
    const w = await cairn.workspace()
    const user = await cairn.user({ workspace: w })
    const headers = { ...from[name](), Cookie: user.cookie, 'X-Cairn-Workspace': w.slug }
    const outcomes: Record<string, number> = {}
    for (const [method, path, body] of [
      ['PATCH', '/api/workspace', { name: 'taken over' }],
      ['PUT', '/api/events/types/a', {}],
      ['POST', '/api/events/log', { event_type: 'a', user_id: 'ada' }],
      ['POST', '/api/account/password', { current_password: PASSWORD, new_password: PASSWORD }],
      ['DELETE', '/api/events/types/a', undefined],
      ['POST', '/api/auth/sign-in/email', { email: user.email, password: PASSWORD }],
      ['POST', '/api/auth/sign-out', {}],
    ] as const) {
      outcomes[`${method} ${path}`] = (await ask(cairn.url + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })).status
    }
    expect(new Set(Object.values(outcomes))).toEqual(new Set([trusted.includes(name) ? 200 : 403]))
    if (!trusted.includes(name)) expect(await user.get('/api/workspace')).toMatchObject({ name: w.slug.replace('test-', 'Test ') })
  })

  test('reading needs no origin, and no other origin may read the answer; a collecting route takes a key from any', async () => {
    const w = await cairn.workspace()
    const user = await cairn.user({ workspace: w })
    const read = await user.call('GET', '/api/workspace', undefined, { Origin: 'https://evil.example' })
    expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([200, null])
    const event = JSON.stringify({ event_type: 'a', user_id: 'ada', write_key: w.writeKey })
    const collected = await ask(`${cairn.url}/api/events/log`, {
      method: 'POST',
      headers: { Cookie: user.cookie, Origin: 'https://shop.example' },
      body: event,
    })
    expect(collected.status).toBe(200)
  })

  test('signing in and setting up: without a browser both go, from a page of another site neither', async () => {
    const user = await cairn.user()
    const body = { email: user.email, password: PASSWORD }
    expect((await post('/api/auth/sign-in/email', body)).status).toBe(200)
    for (const name of ['other', 'nowhere', 'crossSite', 'sameSite'] as const) {
      for (const path of ['/api/auth/sign-in/email', '/api/auth/sign-out', '/api/setup', '/api/invitations/read', '/api/invitations/accept']) {
        expect((await post(path, body, from[name]())).body).toMatchObject({
          code: 'forbidden',
          message: expect.stringMatching(/^This came from a page of another/) as string,
        })
      }
    }
  })

  test('a live connection by cookie is opened by own pages only', async () => {
    const w = await cairn.workspace()
    const user = await cairn.user({ workspace: w, role: 'viewer' })
    const open = async (headers: Record<string, string>, slug = w.slug): Promise<number> => {
      const socket = new WebSocket(`${cairn.url.replace('http', 'ws')}/api/live?workspace=${slug}`, { headers })
      try {
        return await Promise.race([
          once(socket, 'open').then(() => 101),
          once(socket, 'unexpected-response').then(([, answer]) => (answer as { statusCode: number }).statusCode),
        ])
      } finally {
        socket.on('error', () => undefined)
        socket.terminate()
      }
    }
    expect(await open({ Cookie: user.cookie, Origin: cairn.url })).toBe(101)
    expect(await open({ Cookie: user.cookie, Origin: 'https://evil.example' })).toBe(403)
    expect(await open({ Cookie: user.cookie })).toBe(403)
    expect(await open({ Origin: cairn.url })).toBe(401)
    expect(await open({ Cookie: user.cookie, Origin: cairn.url }, 'default')).toBe(404)
    expect(await open({ Authorization: `Bearer ${w.secretKey}` })).toBe(101)
    expect(await open({ Authorization: `Bearer ${w.writeKey}` })).toBe(403)
  })
})

describe('workspaces and invitations', () => {
  test('an admin makes a workspace and owns it; its slug comes from the name; a viewer makes none', async () => {
    const w = await cairn.workspace()
    const admin = await cairn.user({ workspace: w, role: 'admin' })
    const make = (body: object): Promise<Answer> => admin.post('/api/workspaces', body)
    expect((await make({ name: ' Süd & Ost ', timezone: 'europe/vienna' })).body).toEqual({
      slug: 'sud-ost',
      name: 'Süd & Ost',
      timezone: 'Europe/Vienna',
      role: 'owner',
    })
    expect((await make({ name: 'Süd Ost' })).body).toMatchObject({ slug: 'sud-ost-2' })
    expect((await make({ name: '日本' })).body).toMatchObject({ slug: 'workspace' })
    expect((await make({ name: 'x', slug: 'sud-ost' })).status).toBe(409)
    expect((await make({ name: 'x', slug: 'No Good' })).status).toBe(422)
    const { workspaces } = await admin.get<{ workspaces: Array<{ slug: string; role: string }> }>('/api/account')
    expect(workspaces.map(({ slug, role }) => `${slug} ${role}`)).toEqual([`${w.slug} admin`, 'sud-ost owner', 'sud-ost-2 owner', 'workspace owner'])
    expect((await admin.call('POST', '/api/keys', { kind: 'write' }, { 'X-Cairn-Workspace': 'sud-ost' })).status).toBe(200)
    const viewer = await cairn.user({ workspace: w, role: 'viewer' })
    expect((await viewer.post('/api/workspaces', { name: 'x' })).status).toBe(403)
  })

  test('somebody new joins by a link and is signed in; the link serves once', async () => {
    const w = await cairn.workspace({ name: 'North' })
    const admin = await cairn.user({ workspace: w, role: 'admin' })
    const made = await admin.post('/api/invitations', { role: 'analyst', email: 'New@Example.com' })
    expect(made.body).toMatchObject({
      role: 'analyst',
      email: 'new@example.com',
      created_by: admin.email,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/join#token=[\w-]{43}$/) as string,
    })
    const token = String(made.body['url']).split('#token=')[1]
    expect(JSON.stringify(await admin.get('/api/invitations'))).not.toContain(token)
    expect((await post('/api/invitations/read', { token })).body).toEqual({
      workspace: 'North',
      role: 'analyst',
      email: 'new@example.com',
      expires_at: made.body['expires_at'],
    })
    expect((await post('/api/invitations/accept', { token })).body).toMatchObject({ code: 'invalid', errors: [{ path: '/name' }, { path: '/password' }] })
    expect((await post('/api/invitations/accept', { token, name: 'M', email: 'mallory@example.com', password: PASSWORD })).status).toBe(403)
    const joined = await post('/api/invitations/accept', { token, name: 'New', password: PASSWORD })
    expect(joined.body).toMatchObject({ user: { name: 'New', email: 'new@example.com' }, workspaces: [{ slug: w.slug, role: 'analyst' }] })
    expect((await ask(`${cairn.url}/api/workspace`, { headers: { Cookie: cookieOf(joined) } })).status).toBe(200)
    for (const path of ['/api/invitations/read', '/api/invitations/accept'])
      expect((await post(path, path.endsWith('read') ? { token } : { token, name: 'x', email: 'x@example.com', password: PASSWORD })).status).toBe(404)
    expect(await admin.get('/api/invitations')).toEqual({ invitations: [], next_cursor: null })
  })

  test('who has an account joins with it, whatever address the link asks for being theirs; an old link does not hold', async () => {
    const w = await cairn.workspace()
    const owner = await cairn.user({ workspace: w })
    const other = await cairn.user()
    const tokenFor = async (body: object): Promise<string> => String((await owner.post('/api/invitations', body)).body['url']).split('#token=')[1] ?? ''
    const token = await tokenFor({ role: 'owner' })
    expect((await post('/api/invitations/accept', { token, name: 'x', email: other.email, password: PASSWORD })).body).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('Sign in with it first') as string,
    })
    expect((await other.post('/api/invitations/accept', { token: await tokenFor({ role: 'viewer', email: 'else@example.com' }) })).status).toBe(403)
    expect((await other.post('/api/invitations/accept', { token })).body).toMatchObject({ workspaces: [{ slug: w.slug, role: 'owner' }] })
    expect((await other.post('/api/invitations/accept', { token: await tokenFor({ role: 'viewer' }) })).status).toBe(409)
    const late = await tokenFor({ role: 'viewer' })
    cairn.clock.advance(7 * 86_400_000)
    expect((await post('/api/invitations/read', { token: late })).status).toBe(404)
  })

  test('who was taken out is out at once, also on a live connection that is open', async () => {
    const w = await cairn.workspace()
    const owner = await cairn.user({ workspace: w })
    const analyst = await cairn.user({ workspace: w, role: 'analyst' })
    const socket = new WebSocket(`${cairn.url.replace('http', 'ws')}/api/live?workspace=${w.slug}`, { headers: { Cookie: analyst.cookie, Origin: cairn.url } })
    await once(socket, 'open')
    const closed = once(socket, 'close')
    expect((await owner.call('DELETE', `/api/members/${analyst.id}`)).status).toBe(200)
    expect((await analyst.call('GET', '/api/events')).status).toBe(404)
    const [code] = (await closed) as [number]
    expect(code).toBe(4403)
  })
})

test('no password, token or cookie is in the log, in the catalog or in an answer', async () => {
  const w = await cairn.workspace()
  const user = await cairn.user({ workspace: w })
  const rows = JSON.stringify([
    await cairn.catalog.db.selectFrom('audit').selectAll().execute(),
    await cairn.catalog.db.selectFrom('sessions').selectAll().execute(),
    await cairn.catalog.db.selectFrom('sign_in_failures').selectAll().execute(),
    await user.get('/api/account/sessions'),
    await user.get('/api/audit'),
  ])
  const token = decodeURIComponent(user.cookie.split('=')[1] ?? '').split('.')[0] ?? 'x'
  for (const secret of [PASSWORD, token, cairn.setupToken ?? 'x'.repeat(9), '127.0.0.1', '203.0.113.99']) expect(rows).not.toContain(secret)
})
