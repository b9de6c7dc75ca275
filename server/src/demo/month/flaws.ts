import type { EventInput } from '@cairn/wire/event'
import type { Reason } from '@cairn/wire/outcome'
import { DAY, iso, MINUTE } from '../../base/time.ts'
import { moment, type DemoDay } from './calendar.ts'
import { anonymousId, pickDevice, servers } from './people.ts'
import type { Random } from './random.ts'
import type { Sender, Sending } from './visit.ts'

/**
 * What goes wrong in every month, so that quarantine, ledger and privacy have something to show: senders with a wrong clock or a new mistake,
 * repetitions after a lost answer, and people who do not want to be recorded.
 */

/** Of all events that trackers sent; browsers repeat a batch whose answer got lost. */
const REPEATED = 0.004
const REFUSED_A_DAY = 1.4
/** Calls of the forgetful day until somebody noticed. */
const FORGOTTEN = 14
/** On this day somebody tried what strict mode would refuse. */
export const STRICT_DAY = 24
/** On this day three people opted out. */
export const OPT_OUT_DAY = 17

type Mistake = (event: Sending['event'], day: DemoDay) => EventInput & { timestamp: string }
const mistakes: ReadonlyArray<readonly [{ reason: Reason; make: Mistake }, number]> = [
  [{ reason: 'invalid', make: ({ user_id: _user, anonymous_id: _anonymous, ...event }) => event }, 5],
  [{ reason: 'invalid', make: (event) => ({ ...event, duration_ms: -1 }) }, 3],
  [{ reason: 'in_future', make: (event) => ({ ...event, timestamp: iso(Date.parse(event.timestamp) + 365 * DAY) }) }, 4],
  [{ reason: 'older_than_retention', make: (event) => ({ ...event, timestamp: '1970-01-01T00:00:12.000Z' }) }, 3],
  [{ reason: 'unsafe_key', make: (event) => ({ ...event, event_metadata: { ...event.event_metadata, constructor: 'Object' } }) }, 2],
  [{ reason: 'too_large', make: (event) => ({ ...event, event_metadata: { ...event.event_metadata, component_tree: nested(18) } }) }, 2],
]

/** An event of somebody is taken and spoilt; it has no number, so that what is missing stays what was lost. */
export function refused(day: DemoDay, good: readonly Sending[], random: Random): Sending[] {
  const own = good.filter(({ fate }) => fate === 'stored')
  if (own.length === 0) return []
  const spoilt = Array.from({ length: random.count(REFUSED_A_DAY) }, () => {
    const { sender, event } = random.pick(own)
    const { reason, make } = random.weighted(mistakes)
    return { sender, event: make(unnumbered(event), day), fate: reason }
  })
  if (!day.forgetful) return spoilt
  const calls = own.filter(({ sender, event }) => sender.userAgent === servers.telephony && event.event_type === 'call_completed').slice(0, FORGOTTEN)
  return [...spoilt, ...calls.map(({ sender, event }) => ({ sender, event: withoutPerson(unnumbered(event)), fate: 'invalid' as const }))]
}

/** Refused only while the workspace takes declared types alone. */
export function refusedByStrict(day: DemoDay, random: Random): Sending[] {
  const sender: Sender = { userAgent: servers.host, tracker: 'cairn-node/1.2.0' }
  const event = (more: EventInput): Sending['event'] => ({ user_id: 'c-20101', ...more, timestamp: iso(moment(day, 'office', random)) })
  return [
    { sender, fate: 'unknown_type', event: event({ event_type: 'ordr_placed', event_metadata: { revenue: 301_450.5, currency: 'EUR' } }) },
    { sender, fate: 'unknown_type', event: event({ event_type: 'OrderPlaced', event_metadata: { revenue: 288_300, currency: 'EUR' } }) },
    {
      sender,
      fate: 'missing_property',
      event: event({ event_type: 'order_placed', entity_type: 'order', entity_id: 'o-2999', event_metadata: { currency: 'EUR' } }),
    },
  ]
}

export const repeated = (good: readonly Sending[], random: Random): Sending[] =>
  good.filter(({ sender, fate }) => fate === 'stored' && sender.tracker !== '' && random.chance(REPEATED)).map((sending) => ({ ...sending, fate: 'duplicate' }))

/** Strangers whose browser sends Global Privacy Control: nothing of them is recorded but their number. */
export function unseen(day: DemoDay, random: Random): Sending[] {
  const sender: Sender = { userAgent: pickDevice(random, 0.4).userAgent, tracker: 'cairn-browser/1.2.0', gpc: true }
  return Array.from({ length: 1 + random.count(1) }, () => {
    const at = moment(day, 'aroundTheClock', random)
    const anonymous_id = anonymousId(random)
    return ['/guide/install', '/billing/plans'].slice(0, random.whole(1, 2)).map((path, i): Sending => ({
      sender,
      fate: 'privacy_signal',
      event: {
        event_type: 'page_viewed',
        anonymous_id,
        entity_type: 'page',
        entity_id: path,
        context_snapshot: { page: { url: `https://docs.example.com${path}` } },
        timestamp: iso(at + i * MINUTE),
      },
    }))
  }).flat()
}

/** Who opts out on the day: somebody known, and two strangers. */
export function optingOut(good: readonly Sending[], random: Random): Array<{ user_id: string } | { anonymous_id: string }> {
  const users = [...new Set(good.flatMap(({ event }) => (event.user_id === undefined ? [] : [event.user_id])))]
  const strangers = [...new Set(good.flatMap(({ event, fate }) => (event.user_id === undefined && fate === 'stored' ? [event.anonymous_id ?? ''] : [])))]
  if (users.length === 0 || strangers.length < 2) return []
  const first = random.whole(0, strangers.length - 2)
  return [{ user_id: random.pick(users) }, ...strangers.slice(first, first + 2).map((anonymous_id) => ({ anonymous_id }))]
}

const unnumbered = ({ seq: _seq, source_id: _source, ...event }: Sending['event']): Sending['event'] => event
const withoutPerson = ({ user_id: _user, anonymous_id: _anonymous, ...event }: Sending['event']): Sending['event'] => event
const nested = (depth: number): object => (depth === 0 ? {} : { children: nested(depth - 1) })
