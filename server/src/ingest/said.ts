import { CairnError } from '../base/errors.ts'
import { DAY } from '../base/time.ts'
import { readMoment } from './moment.ts'
import { SKEW_TOLERANCE_MS } from './shape.ts'

/** When something was so: `occurred_at` or `timestamp`, corrected by the skew that `sent_at` shows, as an event's time is. Throws `invalid`. */
export function momentSaid(body: { occurred_at?: unknown; timestamp?: unknown; sent_at?: unknown }, now: number): number {
  const [name, given] = body.occurred_at == null ? (['timestamp', body.timestamp] as const) : (['occurred_at', body.occurred_at] as const)
  if (given == null) return now
  const at = read(name, given)
  const skew = body.sent_at == null ? 0 : now - read('sent_at', body.sent_at)
  const corrected = Math.abs(skew) > SKEW_TOLERANCE_MS ? at + skew : at
  if (corrected > now + DAY) throw invalid(name, 'is more than 24 hours ahead')
  return corrected
}

function read(name: string, given: unknown): number {
  const at = readMoment(given)
  if (typeof at === 'string') throw invalid(name, at)
  return at
}

const invalid = (name: string, message: string): CairnError => new CairnError('invalid', `${name} ${message}.`, { errors: [{ path: `/${name}`, message }] })
