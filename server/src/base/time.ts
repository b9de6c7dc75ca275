/** The clock is handed in, so that tests can set it back an hour. Milliseconds since the epoch, UTC. */
export interface Clock {
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** ISO 8601 in UTC with `Z`, the only form in which times leave Cairn. */
export const iso = (ms: number): string => new Date(ms).toISOString()
