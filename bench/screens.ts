import { parseArgs } from 'node:util'
import { DEMO, raiseStage, settled } from '../test/screens/stage.ts'
import { rows, worldOf } from '../test/screens/table.ts'
import { machine, median, rounded } from './measure.ts'

/**
 * How long until a screen can be used: from its address to its title and everything it waited for, in the demo's month, by a browser that was
 * there before (its scripts are cached) and by one that was not. `npm run bench -- screens [--runs 5]`
 */
const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } })
const runs = Number(values.runs)
console.log(machine())
const stage = await raiseStage()
const world = await worldOf(stage)

async function time(path: string, known: boolean): Promise<number> {
  const it = await stage.open({ apart: true })
  if (known) {
    await it.page.goto(path)
    await settled(it.page)
    await it.page.goto('about:blank')
  }
  const from = performance.now()
  await it.page.goto(path)
  await settled(it.page)
  const ms = performance.now() - from
  await it.close()
  return ms
}

for (const row of rows.filter(({ as, states }) => as === undefined && states.includes('full'))) {
  const path = row.path(DEMO, world)
  const measured: Record<'first' | 'again', number[]> = { first: [], again: [] }
  for (let i = 0; i < runs; i++) {
    measured.first.push(await time(path, false))
    measured.again.push(await time(path, true))
  }
  console.log(`${row.name}: ${rounded(median(measured.first))} ms the first time, ${rounded(median(measured.again))} ms after that (median of ${runs})`)
}
await stage.close()
