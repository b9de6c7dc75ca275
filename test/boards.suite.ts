import { describe, expect, test } from 'vitest'
import { DAY, HOUR, iso, MINUTE } from '../server/src/base/time.ts'
import { changeSaved, type Saved } from '../server/src/boards/saved.ts'
import { LOCAL } from '../server/src/catalog/audit.ts'
import { declared } from '../server/src/demo/taxonomy.ts'
import { ask, type Answer, type TestCairn, type TestUser, type TestWorkspace } from './cairn.ts'

type Json = Record<string, unknown>
interface Shown extends Json {
  id: string
  version: number
}
interface Board extends Shown {
  widgets: Array<Shown & { x: number; y: number; w: number; h: number }>
}

/** What analysts save, whichever catalog `cairn` has. */
export const boardsSuite = (cairn: () => TestCairn): void => {
  const trends = { kind: 'trends', series: [{ event: 'order_paid', math: 'total' }] }
  const save = async <T = Shown>(w: Pick<TestWorkspace, 'call'>, path: string, body: Json): Promise<T> => {
    const answer = await w.call('POST', path, body)
    expect([answer.status, answer.body['message']]).toEqual([200, undefined])
    return answer.body as T
  }
  const statusOf = async (asked: Promise<Answer>): Promise<unknown> => {
    const { status, body } = await asked
    return body['errors'] === undefined ? status : [status, ...(body['errors'] as Array<{ path: string }>).map(({ path }) => path)]
  }
  const audit = async (w: TestWorkspace): Promise<Json[]> => (await w.get<{ entries: Json[] }>('/api/audit?limit=1000')).entries
  const team = async (w: TestWorkspace): Promise<[TestUser, TestUser]> => [
    await cairn().user({ workspace: w, role: 'analyst' }),
    await cairn().user({ workspace: w, role: 'admin' }),
  ]

  describe('what is saved', () => {
    test('keeps how it was, refuses a change of an older version with the newer one, and tells the log of changes', async () => {
      const w = await cairn().workspace()
      const made = await save(w, '/api/insights', { name: 'Orders', question: trends })
      const path = `/api/insights/${made.id}`
      expect(made).toEqual({
        id: made.id,
        name: 'Orders',
        description: '',
        question: trends,
        version: 1,
        created_by: 'secret',
        created_at: expect.any(String) as string,
        updated_by: 'secret',
        updated_at: made['created_at'],
      })
      const put = (body: Json): Promise<Answer> => w.call('PUT', path, { name: 'Orders', question: trends, version: 1, ...body })
      expect((await put({})).body).toEqual(made)
      const both = await Promise.all([put({ description: 'one' }), put({ description: 'other' })])
      const [newer, refused] = both.toSorted((a, b) => a.status - b.status)
      expect(newer?.body).toMatchObject({ version: 2, created_at: made['created_at'] })
      expect(refused).toMatchObject({ status: 409, body: { code: 'conflict', newer: newer?.body } })
      expect(await w.get(path)).toEqual(newer?.body)
      expect(await w.get(`${path}/versions?limit=1`)).toEqual({ versions: [newer?.body], next_cursor: expect.any(String) as string })
      const { next_cursor: cursor } = await w.get<{ next_cursor: string }>(`${path}/versions?limit=1`)
      expect(await w.get(`${path}/versions?limit=1&cursor=${cursor}`)).toEqual({ versions: [made], next_cursor: null })
      expect(await statusOf(put({ version: 0 }))).toEqual([422, '/version'])
      expect(await statusOf(put({ version: 2, more: 1 }))).toEqual([422, '/more'])
      expect(await statusOf(put({ version: 2, question: { kind: 'trends', series: [{ event: 'a', math: 'most' }] } }))).toEqual([
        422,
        '/question/series/0/math',
      ])
      const asking = { workspaceId: w.id, by: LOCAL, now: cairn().clock.now() }
      const to = ({ content, version }: Saved<'insight'>): Saved<'insight'>['content'] => ({ ...content, name: `Orders ${version}` })
      for (let i = 0; i < 100; i++) await changeSaved(cairn().catalog.db, 'insight', asking, { id: made.id, to })
      const { versions } = await w.get<{ versions: Shown[] }>(`${path}/versions?limit=1000`)
      expect(versions.map(({ version }) => version)).toEqual(Array.from({ length: 100 }, (_, i) => 102 - i))
      expect(versions[0]).toMatchObject({ name: 'Orders 101', created_by: 'secret', updated_by: 'command line' })
      expect(await statusOf(w.call('DELETE', path))).toBe(200)
      for (const gone of [path, `${path}/versions`, '/api/insights/nothing', `/api/cohorts/${made.id}`]) expect(await statusOf(w.call('GET', gone))).toBe(404)
      const lines = await audit(w)
      expect([lines[0], ...lines.slice(101, 103)]).toMatchObject([
        { action: 'insight.removed', target: 'Orders 101', details: { id: made.id, version: 102 } },
        { action: 'insight.changed', target: 'Orders', details: { version: 2, changed: ['description'] } },
        { action: 'insight.created', target: 'Orders', details: { version: 1 } },
      ])
    })

    test('is listed in pages, latest change first, and found by a part of its name', async () => {
      const w = await cairn().workspace()
      for (const name of ['Österreich 100%', 'Schweiz', 'Deutschland']) await save(w, '/api/insights', { name, question: trends })
      const names = async (query: string): Promise<unknown[]> => (await w.get<{ insights: Json[] }>(`/api/insights?${query}`)).insights.map(({ name }) => name)
      expect(await names('')).toEqual(['Deutschland', 'Schweiz', 'Österreich 100%'])
      const { next_cursor: cursor } = await w.get<{ next_cursor: string }>('/api/insights?limit=2')
      expect(await names(`limit=2&cursor=${cursor}`)).toEqual(['Österreich 100%'])
      for (const [search, found] of [
        ['ÖSTER', ['Österreich 100%']],
        ['0%25', ['Österreich 100%']],
        ['_', []],
      ] as const)
        expect(await names(`search=${search}`)).toEqual(found)
    })

    test('as an annotation has a time, and is found by the days that it touches', async () => {
      const w = await cairn().workspace({ timezone: 'Europe/Berlin' })
      const at = '2026-03-01T23:30:00+01:00'
      const made = await save(w, '/api/annotations', { name: 'Outage', at, until: '2026-03-03T00:00:00Z' })
      expect(made).toMatchObject({ at: '2026-03-01T22:30:00.000Z', until: '2026-03-03T00:00:00.000Z' })
      await save(w, '/api/annotations', { name: 'Release', at: '2026-03-05T08:00:00Z' })
      const names = async (query: string): Promise<unknown[]> =>
        (await w.get<{ annotations: Json[] }>(`/api/annotations?${query}`)).annotations.map(({ name }) => name)
      expect(await names('')).toEqual(['Release', 'Outage'])
      expect(await names('from=2026-03-02&to=2026-03-02')).toEqual(['Outage'])
      expect(await names('from=2026-03-04')).toEqual(['Release'])
      expect(await names('to=2026-03-01')).toEqual(['Outage'])
      const refused = (body: Json): Promise<unknown> => statusOf(w.call('POST', '/api/annotations', { name: 'x', at, ...body }))
      expect(await refused({ at: '2026-03-01T10:00:00' })).toEqual([422, '/at'])
      expect(await refused({ until: '2026-02-01T10:00:00Z' })).toEqual([422, '/until'])
    })

    test('as a cohort is rules of what people did and are; a static one keeps them', async () => {
      const w = await cairn().workspace()
      const definition = {
        all: [
          { did: { event: 'order_paid', filters: [{ any: [{ field: 'metadata.total', op: 'gt', value: 5 }] }] }, at_least: 3, within_days: 14 },
          {
            any: [
              { did_not: { category: 'support' }, within_days: 30 },
              { trait: 'plan', op: 'in', value: ['pro', 'team'] },
            ],
          },
        ],
      }
      const live = await save(w, '/api/cohorts', { name: 'Buyers', type: 'live', definition })
      const fixed = await save(w, '/api/cohorts', { name: 'Then', type: 'static', definition })
      const put = (cohort: Shown, body: Json): Promise<unknown> =>
        statusOf(w.call('PUT', `/api/cohorts/${cohort.id}`, { name: 'x', type: cohort['type'], definition, version: 1, ...body }))
      const other = { any: [{ did: { any: true } }] }
      expect(await put(live, { definition: other })).toBe(200)
      expect(await put(live, { type: 'static', version: 2 })).toEqual([422, '/type', '/definition'])
      expect(await put(fixed, { definition: other })).toEqual([422, '/definition'])
      expect(await put(fixed, {})).toBe(200)
      const refused = (rule: Json): Promise<Answer> => w.call('POST', '/api/cohorts', { name: 'x', type: 'live', definition: { all: [{ any: [rule] }] } })
      expect(await statusOf(refused({ did: { event: 'a' }, at_least: 3, at_most: 2 }))).toEqual([422, '/definition/all/0/any/0/at_most'])
      expect(await statusOf(refused({ did_not: { event: 'a', category: 'b' } }))).toEqual([422, '/definition/all/0/any/0/did_not'])
      expect((await refused({ trait: 'plan', op: 'in_cohort', value: 'x' })).status).toBe(422)
    })
  })

  describe('a dashboard', () => {
    test('that is private is there for its maker alone, in whatever way it is asked for', async () => {
      const w = await cairn().workspace()
      const [ada, bob] = await team(w)
      const own = await save<Board>(ada, '/api/dashboards', { name: 'Secret plan', visibility: 'private', widgets: [{ type: 'live' }] })
      const path = `/api/dashboards/${own.id}`
      const widget = `${path}/widgets/${own.widgets[0]?.id}`
      const attempts = (by: Pick<TestUser, 'call'>): Array<Promise<Answer>> => [
        ...['', '/versions', '/widgets', '/shares'].map((part) => by.call('GET', path + part)),
        by.call('GET', widget),
        by.call('GET', `${widget}/versions`),
        by.call('PUT', path, { name: 'x', version: 1 }),
        by.call('POST', `${path}/widgets`, { type: 'live' }),
        by.call('PUT', widget, { type: 'live', version: 1 }),
        by.call('DELETE', widget),
        by.call('PUT', `${path}/layout`, { version: 1, layout: [] }),
        by.call('POST', `${path}/shares`, {}),
        by.call('DELETE', `${path}/shares/x`),
        by.call('DELETE', path),
      ]
      for (const by of [bob, w]) expect((await Promise.all(attempts(by))).map(({ status }) => status)).toEqual(Array(14).fill(404))
      expect([await bob.get('/api/dashboards'), await w.get('/api/dashboards')]).toEqual([0, 1].map(() => ({ dashboards: [], next_cursor: null })))
      expect(await ada.get('/api/dashboards')).toMatchObject({ dashboards: [{ id: own.id, visibility: 'private' }] })
      // Without a word about it, it stays private.
      expect((await ada.call('PUT', path, { name: 'Renamed plan', version: 1 })).body).toMatchObject({
        visibility: 'private',
        widgets: own.widgets,
        version: 2,
      })
      expect(JSON.stringify(await audit(w))).not.toContain('plan')
      await ada.call('PUT', path, { name: 'Plan', visibility: 'workspace', version: 2 })
      expect(await bob.get(path)).toMatchObject({ name: 'Plan', created_by: ada.email })
      expect(await statusOf(bob.call('PUT', path, { name: 'Plan', visibility: 'private', version: 3 }))).toBe(403)
      expect(await statusOf(ada.call('PUT', path, { name: 'Plan', visibility: 'private', version: 3 }))).toBe(200)
      // Whoever takes its maker out has it then, and alone.
      expect((await bob.call('DELETE', `/api/members/${ada.id}`)).status).toBe(200)
      expect(await bob.get(path)).toMatchObject({ id: own.id, visibility: 'private', created_by: ada.email })
      expect((await w.call('GET', path)).status).toBe(404)
    })

    test('has widgets that are changed one by one, by several at once, and laid out together', async () => {
      const w = await cairn().workspace()
      const insight = await save(w, '/api/insights', { name: 'Orders', question: trends })
      const board = await save<Board>(w, '/api/dashboards', { name: 'Board', filters: [{ field: 'metadata.plan', op: 'eq', value: 'pro' }], range: '30d' })
      const path = `/api/dashboards/${board.id}`
      expect(board).toMatchObject({ visibility: 'workspace', range: '30d', compare: null, refresh_seconds: null, widgets: [] })
      const added = await Promise.all([
        save<Board['widgets'][0]>(w, `${path}/widgets`, { type: 'insight', insight_id: insight.id, chart: 'line' }),
        save<Board['widgets'][0]>(w, `${path}/widgets`, { type: 'question', question: trends, title: 'Asked', x: 6, w: 6 }),
        save<Board['widgets'][0]>(w, `${path}/widgets`, { type: 'text', text: '# Read me', h: 2 }),
      ])
      const { widgets } = await w.get<Board>(path)
      expect(widgets.toSorted((a, b) => a.id.localeCompare(b.id))).toEqual(added.toSorted((a, b) => a.id.localeCompare(b.id)))
      // Each stands below those before it.
      expect(widgets.slice(1).map(({ y }, i) => y - (widgets[i]?.y ?? 0) - (widgets[i]?.h ?? 0))).toEqual([0, 0])
      const [shown, asked] = added
      const put = (widget: Shown, body: Json): Promise<Answer> => w.call('PUT', `${path}/widgets/${widget.id}`, { version: 1, ...body })
      const changes = await Promise.all([
        put(shown, { type: 'insight', insight_id: insight.id, chart: 'bar' }),
        put(asked, { type: 'question', question: trends, title: 'Renamed' }),
      ])
      expect(changes.map(({ status, body }) => [status, body['version']])).toEqual([
        [200, 2],
        [200, 2],
      ])
      expect(await put(shown, { type: 'live' })).toMatchObject({ status: 409, body: { newer: { chart: 'bar', version: 2 } } })
      expect(await w.get(`${path}/widgets/${shown.id}/versions`)).toEqual({ versions: [changes[0]?.body, shown], next_cursor: null })
      const { version } = await w.get<Board>(path)
      const layout = [{ id: shown.id, x: 0, y: 0, w: 12, h: 5 }]
      const laid = await w.call('PUT', `${path}/layout`, { version, layout })
      expect((laid.body as Board).widgets.find(({ id }) => id === shown.id)).toMatchObject({ ...layout[0], chart: 'bar', version: 3 })
      expect(await w.call('PUT', `${path}/layout`, { version, layout })).toMatchObject({ status: 409, body: { newer: laid.body } })
      const refused = (widget: Json): Promise<unknown> => statusOf(w.call('POST', `${path}/widgets`, widget))
      expect(await refused({ type: 'live', x: 8, w: 5 })).toEqual([422, '/w'])
      const long = Array.from({ length: 30 }, () => ({ type: 'text', text: 'x'.repeat(10_000) }))
      expect(await statusOf(w.call('POST', '/api/dashboards', { name: 'Long', widgets: long }))).toBe(413)
      expect(await refused({ type: 'insight', insight_id: board.id })).toEqual([422, '/insight_id'])
      expect(await refused({ type: 'text', question: trends })).toEqual([422, '/question', '/text'])
      expect(await refused({ type: 'question', question: { kind: 'funnel', steps: [] } })).toEqual([422, '/question/steps'])
      expect(await statusOf(w.call('POST', '/api/dashboards', { name: 'x', filters: [{ field: 'nothing', op: 'eq' }] }))).toContain(422)
      expect(await statusOf(w.call('PUT', `${path}/layout`, { version: version + 1, layout: [{ ...layout[0], id: 'x', x: 3 }] }))).toEqual([
        422,
        '/layout/0/id',
        '/layout/0/w',
      ])
      expect(await statusOf(w.call('DELETE', `${path}/widgets/${asked.id}`))).toBe(200)
      expect(await statusOf(w.call('GET', `${path}/widgets/${asked.id}`))).toBe(404)

      // A version of before is said anew, with the widget that was taken off.
      const before = laid.body as Board
      const again = before.widgets.map(({ id, type, insight_id, question, chart, title, text }) => ({ id, type, insight_id, question, chart, title, text }))
      const restored = await w.call('PUT', path, { name: 'Board', widgets: again, version: version + 2 })
      expect((restored.body as Board).widgets.map(({ id }) => id)).toEqual(before.widgets.map(({ id }) => id))
      const { widgets: _, ...listed } = restored.body
      expect(await w.get('/api/dashboards')).toEqual({ dashboards: [listed], next_cursor: null })

      await w.call('DELETE', `/api/insights/${insight.id}`)
      const kept = await w.get<Shown>(`${path}/widgets/${shown.id}`)
      expect(kept).toMatchObject({ type: 'question', title: 'Orders', question: trends, chart: 'bar', x: 0, w: 12 })
      expect(kept).not.toHaveProperty('insight_id')
    })

    test('begins as one of the templates, whose event types are those of the demo', async () => {
      const w = await cairn().workspace()
      const { templates } = await w.get<{ templates: Json[] }>('/api/dashboards/templates')
      const types = new Set(declared.map(([type]) => type))
      const asked = [...JSON.stringify(templates).matchAll(/"event":"(\w+)"/g)].map((m) => m[1] ?? '')
      expect(asked.filter((type) => !types.has(type))).toEqual([])
      expect(templates).toHaveLength(5)
      for (const { template, ...board } of templates)
        expect(await save(w, '/api/dashboards', { template })).toMatchObject({ ...board, visibility: 'workspace', version: 1 })
      expect(await save(w, '/api/dashboards', { template: 'sales', name: 'Ours', widgets: [] })).toMatchObject({ name: 'Ours', range: '30d', widgets: [] })
      expect(await statusOf(w.call('POST', '/api/dashboards', {}))).toEqual([422, '/name'])
    })
  })

  describe('a link to a dashboard', () => {
    const follow = (token: unknown): Promise<Answer> => ask(`${cairn().url}/api/shared/${String(token)}`)

    test('shows that dashboard and nothing else, until it expires, is revoked, or its maker may share no more', async () => {
      const w = await cairn().workspace()
      const [ada, bob] = await team(w)
      const insight = await save(ada, '/api/insights', { name: 'Orders', question: trends })
      const board = await save<Board>(ada, '/api/dashboards', {
        name: 'Board',
        visibility: 'private',
        range: '7d',
        widgets: [{ type: 'insight', insight_id: insight.id, chart: 'line' }, { type: 'text', text: 'Hello' }, { type: 'live' }],
      })
      const shares = `/api/dashboards/${board.id}/shares`
      const { token, ...share } = await save<Shown & { token: string }>(ada, shares, { expires_at: iso(cairn().clock.now() + HOUR), can_embed: true })
      expect(token).toMatch(/^[\w-]{43}$/)
      expect(await ada.get(shares)).toEqual({ shares: [share], next_cursor: null })
      const shown = await follow(token)
      const [first, second] = board.widgets
      expect(shown.body).toEqual({
        name: 'Board',
        description: '',
        filters: [],
        range: '7d',
        compare: null,
        refresh_seconds: null,
        can_embed: true,
        widgets: [
          { id: first?.id, type: 'question', title: 'Orders', chart: 'line', x: 0, y: 0, w: 6, h: 4 },
          { id: second?.id, type: 'text', text: 'Hello', x: 0, y: 4, w: 6, h: 4 },
        ],
      })
      expect(shown.headers.get('cache-control')).toBe('no-store')
      const { token: lasting } = await save(ada, shares, {})
      const { token: revoked, id } = await save(ada, shares, { expires_at: null })
      expect(await statusOf(ada.call('DELETE', `${shares}/${id}`))).toBe(200)
      expect(await statusOf(ada.call('DELETE', `${shares}/${id}`))).toBe(404)
      expect(await statusOf(ada.call('POST', shares, { expires_at: iso(cairn().clock.now()) }))).toEqual([422, '/expires_at'])
      expect(JSON.stringify(await audit(w))).not.toContain(token)
      expect((await audit(w))[0]).toMatchObject({ action: 'share.revoked', target: board.id, actor: ada.email })
      cairn().clock.advance(HOUR)
      expect((await follow(lasting)).status).toBe(200)
      await bob.call('PATCH', `/api/members/${ada.id}`, { role: 'viewer' })
      const answers = [await follow(token), await follow(revoked), await follow(lasting), await follow('unknown')]
      expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1)
      expect(answers[0]?.status).toBe(404)
    })

    test('asks what a widget shows, with the filters of the dashboard, in a range of one’s choice', async () => {
      const w = await cairn().workspace()
      const now = cairn().clock.now()
      const paid = (user_id: string, plan: string, daysAgo: number): Json => ({
        event_type: 'order_paid',
        user_id,
        metadata: { plan },
        timestamp: iso(now - daysAgo * DAY),
      })
      await w.post('/api/events/log/batch', { events: [paid('ada', 'pro', 0), paid('bob', 'free', 0), paid('ada', 'pro', 20), paid('ada', 'pro', 40)] })
      await w.get('/api/events')
      const insight = await save(w, '/api/insights', { name: 'Orders', question: { ...trends, range: 'all', explain: true } })
      const filters = [{ field: 'metadata.plan', op: 'eq', value: 'pro' }]
      const board = await save<Board>(w, '/api/dashboards', {
        name: 'Board',
        filters,
        range: '30d',
        widgets: [
          { type: 'insight', insight_id: insight.id },
          { type: 'text', text: 'A' },
          { type: 'question', question: { kind: 'sql', query: 'SELECT count() FROM events' } },
        ],
      })
      const { token } = await save<Shown & { token: string }>(w, `/api/dashboards/${board.id}/shares`, {})
      const asking = (widget: number, body: Json = {}): Promise<Answer> =>
        ask(`${cairn().url}/api/shared/${token}/widgets/${board.widgets[widget]?.id}`, { method: 'POST', body: JSON.stringify(body) })
      const totals = async (body: Json): Promise<unknown> => {
        const { body: answer } = await asking(0, body)
        expect(answer).not.toHaveProperty('sql')
        return (answer['series'] as Array<{ total: number }>).map(({ total }) => total)
      }
      expect([await totals({}), await totals({ range: '7d' }), await totals({ range: 'all' })]).toEqual([[2], [1], [3]])
      await w.call('PUT', `/api/dashboards/${board.id}`, { name: 'Board', version: 1 })
      expect(await totals({})).toEqual([4])
      await w.call('PUT', `/api/dashboards/${board.id}`, { name: 'Board', filters, version: 2 })
      expect(await statusOf(asking(0, { filters: [] }))).toEqual([422, '/filters'])
      expect([await statusOf(asking(1)), await statusOf(asking(2)), await statusOf(asking(3))]).toEqual([404, 422, 404])
      const many = await Promise.all(Array.from({ length: 400 }, () => asking(3)))
      expect(many.filter(({ status }) => status === 429).length).toBeGreaterThan(0)
      expect(await asking(0)).toMatchObject({ status: 429, body: { code: 'too_many_requests' } })
      cairn().clock.advance(MINUTE)
      expect(await totals({})).toEqual([3])
    })

    test('is not to be guessed: after 30 unknown ones the address waits, whatever it asks for; ones that hold no more are no guesses', async () => {
      const w = await cairn().workspace()
      const board = await save(w, '/api/dashboards', { name: 'Board' })
      const path = `/api/dashboards/${board.id}/shares`
      const [{ token: holding }, { token: gone, id }] = [await save(w, path, {}), await save(w, path, {})]
      await w.call('DELETE', `${path}/${id}`)
      for (let i = 0; i < 32; i++) expect((await follow(gone)).status).toBe(404)
      cairn().clock.advance(DAY)
      const guesses = await Promise.all(Array.from({ length: 40 }, (_, i) => follow(`guess-${i}`)))
      expect(guesses.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([...Array(30).fill(404), ...Array(10).fill(429)])
      expect(await follow(holding)).toMatchObject({ status: 429, body: { code: 'too_many_requests' } })
      cairn().clock.advance(10 * MINUTE)
      expect((await follow(holding)).status).toBe(200)
    })
  })
}
