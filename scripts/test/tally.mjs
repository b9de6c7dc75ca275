import { writeFileSync } from 'node:fs'

/** A reporter that counts and writes the counts to the file named by TEST_TALLY. A file that cannot be loaded, and an error outside of any test, count as one failure each. */
export default class Tally {
  onTestRunEnd(modules, unhandledErrors) {
    const tally = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      let failedHere = 0
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') tally.passed += 1
        else if (state === 'failed') failedHere += 1
        else tally.skipped += 1
      }
      if (failedHere === 0 && !module.ok()) failedHere = 1
      tally.failed += failedHere
    }
    writeFileSync(process.env.TEST_TALLY, JSON.stringify(tally))
  }
}
