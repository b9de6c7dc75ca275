import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { temporaryFolder } from '../test/server.ts'
import { fill, openStoreIn } from './fill.ts'
import { machine, rounded } from './measure.ts'

/**
 * What each table that a view fills from events costs: processor time of the engine for each event (reading it included), bytes on disk for each
 * event once all is merged, and how long merging all of it into one part a month takes, which no merge of its own exceeds.
 * `npm run bench -- projections [--events 2000000]`
 */
const { values } = parseArgs({ options: { events: { type: 'string', default: '2000000' } } })
const events = Number(values.events)

console.log(machine())
const folder = temporaryFolder()
await fill(folder.path, events, { entityType: 'task' })
const { store, close, pid } = await openStoreIn(folder.path)
const ask = async <T>(text: string): Promise<T[]> => (await store.query<T>({ text, params: {} })).rows
/** Of the engine since its start, in milliseconds. */
const cpu = (): number => {
  const fields = readFileSync(`/proc/${pid()}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

const views = await ask<{ name: string; as_select: string; target: string }>(
  `SELECT name, as_select, extract(create_table_query, ' TO ([^ ]+)') AS target FROM system.tables WHERE database = 'cairn' AND engine = 'MaterializedView' AND as_select LIKE '%cairn.events%' ORDER BY name`,
)
const settings = { max_threads: 1, max_insert_threads: 1, max_memory_usage: '4000000000' } as const
const [base] = await ask<{ bytes: string }>(`SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND database = 'cairn' AND table = 'events'`)
console.log(`${events} events, ${rounded(Number(base?.bytes ?? 0) / events, 1)} bytes each in the table of events`)
console.log('| filled by | µs for each event | bytes for each event | merging all, ms |\n|---|---|---|---|')
for (const { name, as_select: select, target } of views) {
  await store.command(`CREATE TABLE cairn.measured AS ${target}`)
  const before = cpu()
  await store.command(`INSERT INTO cairn.measured ${select}`, { settings })
  const us = ((cpu() - before) * 1_000) / events
  const began = performance.now()
  await store.command('OPTIMIZE TABLE cairn.measured FINAL')
  const merging = performance.now() - began
  const [size] = await ask<{ bytes: string }>(`SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND database = 'cairn' AND table = 'measured'`)
  console.log(`| ${name} | ${rounded(us, 2)} | ${rounded(Number(size?.bytes ?? 0) / events, 2)} | ${rounded(merging)} |`)
  await store.command('DROP TABLE cairn.measured SYNC')
}
await close()
folder.remove()
