import config from '../../vitest.config.ts'

// The suites of test/long take minutes to hours each: only they, one after the other, and as long as they need.
const minutes = 60_000
export default {
  ...config,
  test: {
    ...config.test,
    include: ['test/long/**/*.test.ts', 'test/**/*.long.test.ts'],
    exclude: ['**/node_modules/**'],
    maxWorkers: 1,
    testTimeout: 120 * minutes,
    hookTimeout: 10 * minutes,
  },
}
