import { parseArgs } from 'node:util'
import { openBrowser } from '../test/browser.ts'
import { startCairn } from '../test/cairn.ts'
import { COUNT, measureCalls } from './browser/calls.ts'
import { measureHost } from './browser/host.ts'
import { sizes } from './browser/sizes.ts'
import { machine, rounded } from './measure.ts'

/**
 * The browser tracker: its size beside others, what a call costs, how soon an event is kept, and what a page notices of a Cairn that does not answer.
 * `npm run bench -- browser [--runs 5] [--umami path/of/src/tracker/index.js]`; npm's registry is asked for the others.
 */
const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' }, umami: { type: 'string' } } })
const runs = Number(values.runs)
console.log(machine())
const [cairn, browser] = await Promise.all([startCairn(), openBrowser()])

for await (const { name, bytes } of sizes(values.umami)) console.log(`${name}: ${bytes} bytes minified and gzipped`)

for (const slowdown of [1, 4]) {
  const { call, turn, control, kept, longTasks, loop, loopLongTasks, arrived } = await measureCalls(cairn, browser, slowdown)
  const told = (figures: readonly number[], unit: string): string => `${figures.map((figure) => rounded(figure, 1)).join(', ')} ${unit}`
  const tasks = (long: readonly number[]): string => (long.length === 0 ? 'no long task' : `long tasks of ${told(long, 'ms')}`)
  console.log(
    `${slowdown} × slower, ${COUNT} calls, p50, p95, p99: track ${told(call, 'µs')}; with the rest of its turn ${told(turn, 'µs')}; ` +
      `a computation of the same length ${told(control, 'µs')}; ${tasks(longTasks)}; in IndexedDB, p50, p99: ${told(kept, 'ms')}; ` +
      `1,000 calls in a loop: ${rounded(loop)} ms, ${tasks(loopLongTasks)}, ${arrived} arrived`,
  )
}

for await (const { state, longTasks, errors, inp } of measureHost(cairn, browser, runs))
  console.log(`${state}: ${longTasks} long tasks, ${errors} errors, INP ${inp} ms (median of ${runs})`)
await browser.close()
await cairn.close()
