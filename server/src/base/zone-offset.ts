/**
 * How far a zone's clock is ahead of UTC at a moment, in milliseconds: what the clock shows, read as if it were UTC, less the moment.
 * Throws RangeError for a name that is no IANA zone. It reads the clock's text; remember the answer where it is asked often.
 */
export function offsetReader(timeZone: string): (ms: number) => number {
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  return (ms) => {
    const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = (clock.format(ms).match(/\d+/g) ?? []).map(Number)
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1_000) * 1_000
  }
}
