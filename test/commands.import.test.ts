import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { cairn, importedRows, run } from './commands.ts'
import { temporaryFolder } from './server.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())
const at = (name: string): string => join(folder.path, name)
const write = (name: string, content: string | Buffer): string => {
  writeFileSync(at(name), content)
  return at(name)
}

interface Report {
  imports: Array<Record<string, unknown>>
}
interface Exported {
  event_id: string
  event_type: string
  user_id: string
  event_timestamp: string
  event_metadata: Record<string, unknown>
  duration_ms: number | null
}
const eventsIn = (file: string): Exported[] => {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Exported)
}
const all = ['--from', '2000-01-01', '--to', '2030-01-01']

test('a CSV is looked at, refused where it is too old, imported once, and comes back by export', async () => {
  const data = at('one')
  // A quoted field with a comma, quotes and a line break; two equal rows; a time that is none; a byte order mark.
  const csv = write(
    'visits.csv',
    '\uFEFFwho,when,what,took,note\r\n' +
      'ann,3/12/2019 9:05,opened,120,"says ""hi"",\r\nand leaves"\r\n' +
      'bob,4/12/2019 23:59,closed,?,\r\n' +
      'bob,4/12/2019 23:59,closed,?,\r\n' +
      'cid,31/11/2019 10:00,opened,5,x\r\n' +
      'dan,5/12/2019 10:00,opened,7,x,surplus\r\n',
  )
  const mapping = [
    '--map',
    'user_id=who',
    'event_timestamp=when',
    'event_type=what',
    'duration_ms=took',
    '--missing',
    '?',
    '--time-format',
    'D/M/YYYY H:MM',
    '--zone',
    'Europe/Berlin',
    '--rest',
    'metadata',
  ]

  const dry = await cairn(data, 'import', csv, ...mapping, '--dry-run', '--json')
  expect(dry.code).toBe(1)
  expect(dry.json()).toEqual({
    file: csv,
    dry_run: true,
    rows_total: 5,
    bad_rows: 2,
    first_bad_rows: [
      { row: 4, line: 6, reason: 'event_timestamp is no date of the calendar' },
      { row: 5, line: 7, reason: 'has 6 fields where the head has 5' },
    ],
    earliest: '2019-12-03T08:05:00.000Z',
    latest: '2019-12-04T22:59:00.000Z',
    older_than_retention: 3,
    first_event: {
      event_id: expect.any(String),
      event_type: 'opened',
      user_id: 'ann',
      event_timestamp: Date.parse('2019-12-03T08:05:00Z'),
      duration_ms: 120,
      event_metadata: { note: 'says "hi",\r\nand leaves' },
    },
  })
  // The first use of the folder made the workspace, and its keys are shown this once.
  expect(dry.err).toMatch(/Secret key +cs_/)

  const refused = await cairn(data, 'import', csv, ...mapping)
  expect(refused.code).toBe(1)
  expect(refused.err).toContain('3 of 5 rows')
  expect(refused.err).toContain('older than the 365 days')
  expect(refused.err).toContain('cairn workspace set default --retention forever')

  expect((await cairn(data, 'workspace', 'set', '--retention', 'forever')).code).toBe(0)
  const first = await cairn(data, 'import', csv, ...mapping)
  expect(first.err).toBe('')
  expect(first.code).toBe(0)
  expect(first.out).toContain('3 of 5 rows accepted')
  expect(first.out).toContain('2 rows were refused and are kept in quarantine')
  expect(first.out).toMatch(/row 4 \(line 6\): event_timestamp must be ISO 8601.* \[invalid\]/)

  const second = await cairn(data, 'import', csv, ...mapping, '--json')
  expect(second.json<Report>().imports[0]).toMatchObject({ finished: true, rows_sent: 0, accepted: 0, finished_before: expect.stringMatching(/Z$/) })
  const again = await cairn(data, 'import', csv, ...mapping, '--json', '--again', '--batch', '2')
  expect(again.json<Report>().imports[0]).toMatchObject({ finished: true, rows_sent: 5, accepted: 3, rejected: 2 })

  const exported = await cairn(data, 'export', ...all, '--out', at('visits.jsonl.gz'), '--json')
  expect(exported.json()).toMatchObject({ lines: 3, format: 'jsonl' })
  const events = eventsIn(at('visits.jsonl.gz'))
  expect(events.map((e) => [e.user_id, e.event_type, e.event_timestamp, e.duration_ms, e.event_metadata])).toEqual([
    ['ann', 'opened', '2019-12-03T08:05:00.000Z', 120, { note: 'says "hi",\r\nand leaves' }],
    ['bob', 'closed', '2019-12-04T22:59:00.000Z', null, {}],
    ['bob', 'closed', '2019-12-04T22:59:00.000Z', null, {}],
  ])
  expect(new Set(events.map((e) => e.event_id)).size).toBe(3)

  // What was exported is importable without a mapping, in either format, into another workspace, with its ids.
  expect((await cairn(data, 'workspace', 'create', 'copy', '--retention', 'forever')).code).toBe(0)
  expect((await cairn(data, 'export', ...all, '--out', at('visits.csv.gz'))).code).toBe(0)
  const copied = await cairn(data, 'import', at('visits.jsonl.gz'), at('visits.csv.gz'), '-w', 'copy', '--json')
  expect(copied.json<Report>().imports.map(({ rows_sent, accepted }) => [rows_sent, accepted])).toEqual([
    [3, 3],
    [3, 3],
  ])
  const copy = await cairn(data, 'export', '-w', 'copy', ...all)
  const content = ({ event_id, event_type, user_id, event_timestamp, duration_ms, event_metadata }: Exported): object => ({
    event_id,
    event_type,
    user_id,
    event_timestamp,
    duration_ms,
    event_metadata,
  })
  expect(
    copy.out
      .trim()
      .split('\n')
      .map((line) => content(JSON.parse(line) as Exported)),
  ).toEqual(events.map(content))
})

test('an import that is killed goes on where it was and adds nothing twice; equal rows stay', async () => {
  const data = at('killed')
  const rows = 12_000
  const base = Date.parse('2024-03-01T00:00:00Z') / 1_000
  // Each row twice, one after the other.
  const lines = Array.from({ length: rows }, (_, i) =>
    JSON.stringify({ actor: { id: `user ${Math.floor(i / 2) % 500}` }, t: base + Math.floor(i / 2) * 60, page: `/p/${Math.floor(i / 2)}` }),
  )
  const file = write('views.ndjson.gz', gzipSync(`${lines.join('\n')}\n`))
  const mapping = write(
    'views.json',
    JSON.stringify({ map: { user_id: 'actor.id', event_timestamp: 't', 'metadata.page': 'page' }, set: { event_type: 'page_viewed' }, time_format: 'epoch_s' }),
  )
  const call = ['import', file, '--mapping', mapping, '--batch', '100', '--json']
  expect((await cairn(data, 'workspace', 'set', '--retention', 'forever')).code).toBe(0)

  const first = run(data, call)
  const killedAfter = await importedRows(data, rows / 4)
  first.kill()
  expect((await first.ended).code).toBeNull()

  const resumed = (await cairn(data, ...call)).json<Report>().imports[0]
  expect(resumed).toMatchObject({ finished: true, rows_total: rows, rejected: 0 })
  expect(resumed?.['resumed_after']).toBeGreaterThanOrEqual(killedAfter)
  expect(resumed?.['resumed_after']).toBeLessThan(rows)
  expect(Number(resumed?.['resumed_after']) + Number(resumed?.['rows_sent'])).toBe(rows)

  expect((await cairn(data, 'export', ...all, '--out', at('views.out.jsonl'))).code).toBe(0)
  const events = eventsIn(at('views.out.jsonl'))
  expect(events.length).toBe(rows)
  expect(new Set(events.map((e) => e.event_id)).size).toBe(rows)
  expect(new Set(events.map((e) => e.event_metadata['page'])).size).toBe(rows / 2)
})

test('a wrong call says what is wrong and does nothing', async () => {
  const data = at('wrong')
  const csv = write('short.csv', 'who,when\nann,2026-01-01\n')
  const wrong = async (...args: string[]): Promise<string> => {
    const { code, err } = await cairn(data, 'import', ...args)
    expect(code).toBe(2)
    return err
  }
  const said = await Promise.all([
    wrong(at('nowhere.csv')),
    wrong(csv, '--map', 'user_id=whom', 'event_timestamp=when', '--dry-run'),
    wrong(csv, '--map', 'customer=who', '--dry-run'),
    wrong(csv, '--time-format', 'DD of MM', '--dry-run'),
  ])
  expect(said[0]).toContain('There is no file')
  expect(said[1]).toContain('There is no column "whom". The columns are: who, when.')
  expect(said[2]).toContain('An event has no field "customer"')
  expect(said[3]).toContain('does not know "of"')
})
