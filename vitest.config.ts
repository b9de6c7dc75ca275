import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Those that take longest, first: one that begins when the others are done is waited for alone. The rest goes by size. */
const longest = [
  'oracle',
  'screens/states',
  'commands',
  'people.model',
  'people.cleanup',
  'jobs.archive',
  'crash',
  'entities.kill',
  'people.crash',
  'store',
  'catalog.postgres',
  'tenancy',
  'demo',
  'people',
  'jobs.retention',
  'sessions.model',
  'live',
  'fuzz',
  'screens/use',
  'commands.import',
]
const placeOf = ({ moduleId }: TestSpecification): number => {
  const place = longest.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
  return place === -1 ? longest.length : place
}
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => placeOf(a) - placeOf(b))
  }
}

// Two cores are the size CI has. Tests of engines, browsers and restarts wait for a third of their time, so three files run side by side.
export default defineConfig({
  test: {
    include: ['packages/**/*.test.ts', 'server/**/*.test.ts', 'dashboard/src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/long/**', '**/*.long.test.ts'],
    sequence: { sequencer: LongestFirst },
    pool: 'forks',
    maxWorkers: 3,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // What is waited for comes in milliseconds, but not on a machine that is busy with two other files.
    expect: { poll: { timeout: 60_000 } },
  },
})
