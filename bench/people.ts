import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readTimeline } from '../server/src/analytics/timeline.ts'
import { readRange } from '../server/src/analytics/range.ts'
import { eventsWhere } from '../server/src/analytics/where.ts'
import { Links } from '../server/src/people/links.ts'
import { Internal } from '../server/src/store/internal.ts'
import { Persons } from '../server/src/store/persons.ts'
import { raw, sql } from '../server/src/store/sql.ts'
import { temporaryFolder } from '../test/server.ts'
import { fill, openStoreIn } from './fill.ts'
import { machine, median, rounded } from './measure.ts'

/**
 * What merges cost: a trend of unique people over all events, by key as it stands and by the links of 100,000 merges, in turns in one run.
 * Every one of the 100,000 people with events is merged, two by two into one account, so that no look-up is in vain.
 * `npm run bench -- people [--events 10000000] [--merges 100000] [--runs 15]`
 */
const { values } = parseArgs({
  options: { events: { type: 'string', default: '10000000' }, merges: { type: 'string', default: '100000' }, runs: { type: 'string', default: '15' } },
})
const [events, merges, runs] = [Number(values.events), Number(values.merges), Number(values.runs)]
const clock = { now: () => Date.now() }

console.log(machine())
const folder = temporaryFolder()
await fill(folder.path, events)
const { store, close } = await openStoreIn(folder.path)
const ms = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now()
  await work()
  return performance.now() - from
}
const p95 = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * 0.95))] ?? 0

await store.command(
  `INSERT INTO cairn.person_facts (workspace_id, fact_id, fact, user_id, anonymous_id, other_id, traits, told_at, received_at, key_id)
SELECT 1, generateUUIDv4(), 'merge', concat('account_', toString(intDiv(number, 2))), '', concat('user_', toString(number)), '', now64(3), now64(3), 'key' FROM numbers(${merges})`,
)
const [plain, linked] = [new Persons(store.dialect), new Persons(store.dialect)]
const links = new Links({ store, persons: linked, dir: join(folder.path, 'run', 'links'), clock })
console.log(`${merges} merges made into links in ${rounded((await ms(() => links.start())) / 1_000, 1)} s`)
plain.know([])

const facts = [{ workspaceId: 1, receivedMs: clock.now(), userId: 'account_7', anonymousId: '', otherId: 'user_77' }]
await store.command(
  `INSERT INTO cairn.person_facts (workspace_id, fact_id, fact, user_id, anonymous_id, other_id, traits, told_at, received_at, key_id)
SELECT 1, generateUUIDv4(), 'merge', 'account_7', '', 'user_77', '', now64(3), now64(3), 'key'`,
)
console.log(`one more merge followed, with its reload: ${rounded(await ms(() => links.follow(facts)))} ms`)
const reloads: number[] = []
for (let i = 0; i < runs; i++) reloads.push(await ms(() => links.reload()))
const { rows } = await store.query<{ elements: string; bytes: string }>(
  sql`SELECT element_count AS elements, bytes_allocated AS bytes FROM system.dictionaries WHERE database = 'cairn' AND name = 'person_roots'`,
)
console.log(
  `dictionary: ${rows[0]?.elements} links, ${rounded(Number(rows[0]?.bytes) / 1_048_576, 1)} MB; reload: median ${rounded(median(reloads))} ms, p95 ${rounded(p95(reloads))} ms`,
)

const range = readRange({ days: 62 }, { timezone: 'UTC', now: clock.now() })
const call = { workspace: { id: 1 }, query: {} }
const trend = (persons: Persons, interval: 'day' | 'week' | 'month'): ReturnType<typeof readTimeline> =>
  readTimeline(store, {
    range,
    interval,
    events: raw('cairn.events'),
    where: eventsWhere({ properties: { knows: () => false }, persons, internal: new Internal(store.dialect, persons, () => undefined) }, call, range, 'figure'),
    people: persons.count(1, interval !== 'day'),
  })
for (const interval of ['day', 'week', 'month'] as const) {
  const counted = (moments: Awaited<ReturnType<typeof trend>>, of: 'events' | 'people'): number => moments.reduce((sum, moment) => sum + moment[of], 0)
  const [without, with_] = [await trend(plain, interval), await trend(linked, interval)]
  const times: { plain: number[]; linked: number[] } = { plain: [], linked: [] }
  for (let i = 0; i < runs; i++) {
    times.plain.push(await ms(() => trend(plain, interval)))
    times.linked.push(await ms(() => trend(linked, interval)))
  }
  const said = (name: string, some: readonly number[], people: number): string =>
    `${name} median ${rounded(median(some))} ms, p95 ${rounded(p95(some))} ms (${people} people over ${interval}s)`
  console.log(`unique people by ${interval} of ${counted(with_, 'events')} events, ${with_.length} rows:
  ${said('without links', times.plain, counted(without, 'people'))}
  ${said('with links', times.linked, counted(with_, 'people'))}
  links cost ${rounded((median(times.linked) / median(times.plain) - 1) * 100)} %`)
}
await close()
folder.remove()
