import { formatDay, zone } from '../analytics/zone.ts'
import type { SourceEnd } from '@cairn/wire/tracker'
import { uuidv8 } from '../base/ids.ts'
import { iso, SECOND } from '../base/time.ts'
import { assistant } from './applications/assistant.ts'
import { documentation } from './applications/documentation.ts'
import { house } from './applications/house.ts'
import { sales } from './applications/sales.ts'
import { vendorTasks } from './applications/vendor-tasks.ts'
import { randomOf } from './month/application.ts'
import { calendar, type DemoDay } from './month/calendar.ts'
import { OPT_OUT_DAY, optingOut, refused, refusedByStrict, repeated, STRICT_DAY, unseen } from './month/flaws.ts'
import type { Random } from './month/random.ts'
import { lost, type Fact, type Outbox, type Sender, type Sending, type Telling } from './month/visit.ts'

/**
 * A month of five applications, day by day: pure, so that the same seed, last day, zone and end give the same bytes. Ids are made from seed,
 * last day, day and number; what is cut off at the end has its number too, so a later end only adds.
 */
export interface MonthOptions {
  seed: number
  /** Last day, YYYY-MM-DD in the zone. */
  endDay: string
  timezone: string
  /** Nothing happens from here on: the present moment. The end of the last day where that is earlier. */
  untilMs: number
}

export interface MonthDay {
  date: string
  optOuts: Array<{ user_id: string } | { anonymous_id: string }>
  facts: Array<Fact & { event_id: string }>
  /** In the order of their times. */
  entities: Telling[]
  /** Calls of the route for rejections, which make events. */
  rejections: Batch['sendings']
  batches: Batch[]
  /** What the next tab tells of each that is gone. */
  ended: SourceEnd[]
  /** To be sent while the workspace is strict. */
  strict: Batch[]
}

export interface Batch {
  sender: Sender
  sentAt: string
  sendings: Array<Sending & { event: { event_id: string } }>
}

export const DEMO_SEED = 20_261
/** Fewer than a request may hold: trackers send little at a time, and the server does other things in between. */
const BATCH_EVENTS = 250

export function* month({ seed, endDay, timezone, untilMs }: MonthOptions): Generator<MonthDay> {
  const named = [seed, endDay] as const
  const applications = [assistant, vendorTasks, house, documentation, sales].map((make) => make(named))
  const days = calendar(endDay, timezone)
  const end = Math.min(untilMs, endOf(days, timezone))
  const out = new Set<string>()
  for (const day of days) {
    const box: Outbox = { events: [], facts: [], entities: [] }
    for (const application of applications) application.live(day, box)
    const random = randomOf(named, 'flaws', day.date)
    const id = (what: string, n: number): string => uuidv8('demo', seed, endDay, timezone, day.date, what, n)
    const came = box.events.sort((a, b) => (a.event.timestamp < b.event.timestamp ? -1 : 1)).map((sending, n) => withId(sending, id('event', n)))
    const isPast = ({ event }: Pick<Sending, 'event'>): boolean => Date.parse(event.timestamp) < end
    const optOuts = day.index === OPT_OUT_DAY ? optingOut(came, random) : []
    for (const one of optOuts) out.add('user_id' in one ? `u ${one.user_id}` : `a ${one.anonymous_id}`)
    const good = came.filter(isPast).map((sending) => (isOut(sending, out) ? { ...sending, fate: 'opted_out' as const } : sending))
    const flawed = [...refused(day, good, random), ...unseen(day, random).filter(isPast)].map((sending, n) => withId(sending, id('flaw', n)))
    const again = repeated(good, random)
    const strict =
      day.index === STRICT_DAY
        ? refusedByStrict(day, random)
            .filter(isPast)
            .map((sending, n) => withId(sending, id('strict', n)))
        : []
    yield {
      date: day.date,
      optOuts,
      facts: box.facts.filter((fact) => Date.parse(fact.timestamp) < end).map((fact, n) => ({ ...fact, event_id: id('fact', n) })),
      entities: box.entities.filter((telling) => Date.parse(telling.occurred_at) < end).sort((a, b) => (a.occurred_at < b.occurred_at ? -1 : 1)),
      rejections: good.filter(isRejection),
      // Repetitions come behind what they repeat.
      batches: [...batchesOf([...good.filter((sending) => !isRejection(sending)), ...flawed], random), ...batchesOf(again as typeof good, random)],
      ended: endsOf(good, randomOf(named, 'ends', day.date)),
      strict: batchesOf(strict, random),
    }
  }
}

function endOf(days: readonly DemoDay[], timezone: string): number {
  const place = zone(timezone)
  const last = days.at(-1)
  return last ? place.startOfDay(place.dayAt(last.startMs) + 1) : 0
}

/** Of the month that ends with a day: its first moment. Milliseconds. */
export const beginningOf = (endDay: string, timezone: string): number => calendar(endDay, timezone)[0]?.startMs ?? 0

/** The day in the zone, as `endDay` wants it. */
export const dayOf = (ms: number, timezone: string): string => formatDay(zone(timezone).dayAt(ms))

const withId = (sending: Sending, event_id: string): Batch['sendings'][number] => ({ ...sending, event: { event_id, ...sending.event } })

const isRejection = ({ byRejecting, fate }: Sending): boolean => byRejecting === true && fate === 'stored'

const isOut = ({ event, fate }: Sending, out: ReadonlySet<string>): boolean =>
  fate === 'stored' && (out.has(`u ${event.user_id}`) || out.has(`a ${event.anonymous_id}`))

/** Of every source that events of the day came from; of some the tail is lost. */
function endsOf(sendings: readonly Sending[], random: Random): SourceEnd[] {
  const highest = new Map<string, SourceEnd>()
  for (const { event, sender, fate } of sendings) {
    const { seq, source_id } = event
    if (fate === 'stored' && seq !== undefined && source_id !== undefined) highest.set(source_id, { source_id, seq, tracker: sender.tracker })
  }
  return [...highest.values()].map((end) => (random.chance(lost.get(end.tracker ?? '') ?? 0) ? { ...end, seq: end.seq + random.whole(1, 3) } : end))
}

/** By sender, since what a request says of itself holds for all of its events; in the order of time within each. */
function batchesOf(sendings: Batch['sendings'], random: Random): Batch[] {
  const bySender = Map.groupBy(sendings, ({ sender }) => JSON.stringify([sender.userAgent, sender.tracker, sender.gpc === true]))
  return [...bySender.values()].flatMap((own) =>
    Array.from({ length: Math.ceil(own.length / BATCH_EVENTS) }, (_, i) => {
      const part = own.slice(i * BATCH_EVENTS, (i + 1) * BATCH_EVENTS)
      const [first, last] = [part[0], part.at(-1)]
      if (!first || !last) throw new RangeError('a batch is not empty')
      return { sender: first.sender, sentAt: iso(Date.parse(last.event.timestamp) + Math.round(random.around(4) * SECOND)), sendings: part }
    }),
  )
}
