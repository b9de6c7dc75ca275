import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { raw, sql, uuid } from '../server/src/store/sql.ts'
import { startCairn } from './cairn.ts'
import { eventually } from './server.ts'

const root = resolve(import.meta.dirname, '..')
const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')

test('every file and folder that the walk names is there', () => {
  const named = [...page.slice(page.indexOf('## The walk'), page.indexOf('## On disk')).matchAll(/`((?:[\w-]+\/)+[\w.-]*)`/g)].map((m) => m[1] ?? '')
  expect(named.length).toBeGreaterThan(25)
  const missing = named.filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, 'server/src', path)))
  expect(missing).toEqual([])
})

test('the walk: a request becomes a record in the journal, a row in the store, a line in the list, a figure, and an entry in the ledger', async () => {
  const cairn = await startCairn()
  try {
    const w = await cairn.workspace()
    const event_id = randomUUID()
    // 1–3: request, key, steps. 4: the answer comes only after the sync.
    const sent = await w.post('/api/events/log', { event_id, event_type: 'project_created', user_id: 'ada', metadata: { plan: 'pro' } })
    expect(sent).toMatchObject({ status: 200, body: { success: true, event_id } })
    const position = sent.headers.get('x-cairn-position')
    expect(position).toMatch(/^n[0-9a-f]{12}\.1$/)
    // 4: the record is in the open segment, with its head and its commit.
    const segments = join(cairn.dataDir, 'journal/segments')
    const [open = ''] = readdirSync(segments)
    const lines = readFileSync(join(segments, open), 'utf8').trimEnd().split('\n')
    expect(lines.map((line) => line.split('\t')[1])).toEqual(['H', 'P', 'E', 'C'])
    expect(lines[2]).toContain(event_id)
    // 7: the read has the segment loaded at once and sees it. 5–6: it is one row of the table.
    const { events } = await w.get<{ events: Array<Record<string, unknown>> }>('/api/events/?metadata.plan=pro')
    expect(events).toEqual([expect.objectContaining({ event_id, event_type: 'project_created', event_category: 'project', event_action: 'created' })])
    const { rows } = await cairn.store.store.query<{ n: string }>(sql`SELECT count() AS n FROM ${raw('cairn.events')} WHERE event_id = ${uuid(event_id)}`)
    expect(rows).toEqual([{ n: '1' }])
    expect(await w.get('/api/events/analytics')).toMatchObject({ total_events: 1, events_by_type: { project_created: 1 }, active_users: 1 })
    // 8: the ledger adds up.
    expect(await w.get('/api/ledger?by=total')).toMatchObject({ total: { received: 1, accepted: 1, stored: 1, pending: 0, gap: 0 } })
    // What every reader has passed is deleted.
    await eventually(
      async () => readdirSync(segments),
      (files) => files.length === 0,
    )
  } finally {
    await cairn.close()
  }
})
