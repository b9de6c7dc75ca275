import { Cron } from 'croner'

/**
 * When a job is due, by a cron expression on a zone's clock. On days on which the clock is changed the library does what `due.test.ts` holds it to:
 *
 * - An expression that names hours is due once for each reading of the clock that it means. One that is left out is due when the clock is put
 *   forward, one that comes twice is due the first time.
 * - One of every hour goes by the hours that pass: 23 times on the short day, 25 on the long one.
 */
export interface Due {
  /** First due time after that moment. Milliseconds. */
  next(afterMs: number): number
  /** Last due time up to that moment, undefined where there is none. */
  newest(upToMs: number): number | undefined
}

/** Throws for an expression that is none. */
export function due(expression: string, timeZone: string): Due {
  const cron = new Cron(expression, { mode: '5-part', timezone: timeZone, paused: true })
  return {
    next: (after) => {
      const found = cron.nextRun(new Date(after))
      if (!found) throw new RangeError(`the expression ${expression} is never due`)
      return found.getTime()
    },
    // It looks before the moment given.
    newest: (upTo) => cron.previousRuns(1, new Date(upTo + 1))[0]?.getTime(),
  }
}
