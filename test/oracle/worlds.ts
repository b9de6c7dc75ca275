import type { CohortDefinition } from '@cairn/wire/api/cohort'
import type { Step } from '@cairn/wire/questions/question'
import fc from 'fast-check'
import { IMPORT, type Entity, type Event, type Fact, type Json, type World } from './event.ts'
import { DAY, HOUR, MINUTE, startOf } from './zone.ts'

/** Data sets that are small and mean: few of everything, equal moments, days on which clocks are changed, values of every kind. */

/** Far from today, so that no run depends on the day it is made on; no midnight is near, and nothing happens at that minute of an hour. */
const NOW = Date.UTC(2044, 10, 8, 6, 7)
export const zones = ['UTC', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'] as const
/** New York puts its clock back and forward, Lord Howe forward and back by half an hour; a turn of the year; and today. */
export const days = ['2044-11-06', '2044-03-13', '2044-10-02', '2044-04-03', '2044-01-01', '2044-11-07'] as const

export const types = ['open', 'buy', 'buy_again', 'task_viewed', 'page_viewed'] as const
export const categories = ['open', 'buy', 'task', 'page', 'shop'] as const
export const texts = ['pro', 'Pro', 'free', '', 'Ärger', '😀', '～', '(none)', '(other)', 'true', '2', "o'k\\", '2044-01-01', '2044-01-01T10:00:00Z'] as const
const numbers = [-2, 0, 0.5, 1, 2, 2, 3.25, 1_000] as const
const numericTexts = ['2', '2.0', '-1.5e3', '1,5', ' 2', '0x10', 'NaN', ''] as const

const sometimes = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined })
const word = fc.constantFrom(...texts)
const number = fc.constantFrom(...numbers)
const anything: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: word },
  { weight: 2, arbitrary: number },
  fc.constantFrom(...numericTexts),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom<unknown>([], ['pro'], [1, 2], {}, { inner: 'pro' }),
)
/** Absent properties stay out of the JSON. */
const json = (properties: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Json> =>
  fc.record(properties).map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)))
const deep = fc.oneof(
  fc.constant({}),
  anything.map((b) => ({ a: { b } })),
  anything.map((b) => ({ 'a.b': b })),
)

const metadata = fc
  .tuple(
    json({
      plan: sometimes(word),
      price: sometimes(fc.oneof({ weight: 3, arbitrary: number }, fc.constantFrom(...numericTexts))),
      any: sometimes(anything),
      many: sometimes(fc.integer({ min: 0, max: 45 })),
    }),
    deep,
  )
  .map(([flat, nested]): Json => ({ ...flat, ...nested }))
const context = fc.record({
  path: sometimes(fc.constantFrom('/', '/a', '/a/b', '/c')),
  campaign: sometimes(fc.constantFrom('spring', 'Fall')),
  locale: sometimes(anything),
})

const user = fc.constantFrom('u1', 'u2', 'u3', 'u4', 'same', 'ada@Ours.example')
const device = fc.constantFrom('d1', 'd2', 'd3', 'same')
const entity = fc.constantFrom(['task', '1'], ['task', '2'], ['project', '1'], ['', '1'], ['task', ''])
const steps = [0, 0, 0, 0, 1, 1_000, 1_000, 30 * MINUTE, HOUR, 2 * HOUR, DAY, DAY, 2 * DAY, -1, -DAY, 7 * DAY, 35 * DAY] as const

/** Few moments, at and around midnights and changes of the clock, and little beside them. */
const moments = (about: readonly string[]): fc.Arbitrary<number[]> =>
  fc
    .array(fc.tuple(fc.constantFrom(...about), fc.constantFrom(...zones), fc.constantFrom(0, 90 * MINUTE, 2 * HOUR, 3 * HOUR, 12 * HOUR)), {
      minLength: 2,
      maxLength: 6,
    })
    .map((all) => all.map(([day, zone, hours]) => startOf(day, zone) + hours))

const actionOf = (type: string): string => (type.includes('_') ? type.replace(/^[^_]*_/, '') : '')
const event = (pool: readonly number[]): fc.Arbitrary<Omit<Event, 'n'>> =>
  fc
    .record({
      at: fc.tuple(fc.constantFrom(...pool), fc.constantFrom(...steps)).map(([at, step]) => Math.min(at + step, NOW + 12 * HOUR)),
      seq: sometimes(fc.constantFrom(0, 1, 2)),
      request: fc.constantFrom(0, 0, 0, 1, 1, 1, IMPORT),
      isBot: fc.constantFrom(true, false, false, false, false, false),
      isInternal: fc.constantFrom(true, false, false, false, false, false, false, false),
      who: fc.oneof(fc.record({ user, device: sometimes(device) }), fc.record({ user: fc.constant(undefined), device })),
      type: fc.constantFrom(...types),
      category: sometimes(fc.constantFrom(...categories)),
      session: sometimes(fc.constantFrom('s1', 's2', 's3', 's4')),
      entity: sometimes(entity),
      duration_ms: sometimes(fc.constantFrom(0, 1, 250, 1_000)),
      device: sometimes(fc.constantFrom('desktop', 'mobile')),
      tracker: fc.constantFrom('web/1', 'node/2'),
      metadata,
      context,
    })
    .map(({ who, type, category, session, entity: thing, device: kind, tracker, context: place, isBot, ...rest }) => ({
      ...rest,
      isBot,
      columns: {
        user_id: who.user ?? '',
        anonymous_id: who.device ?? '',
        event_type: type,
        event_category: category ?? type.replace(/_.*/, ''),
        event_action: actionOf(type),
        session_id: session ?? '',
        entity_type: thing?.[0] ?? '',
        entity_id: thing?.[1] ?? '',
        device_type: isBot ? 'bot' : (kind ?? 'server'),
        tracker,
        url_path: place.path ?? '',
        utm_campaign: place.campaign ?? '',
      },
      context: {
        ...(place.path === undefined ? {} : { page: { url: `https://app.example${place.path}?x=1` } }),
        ...(place.campaign === undefined ? {} : { utm: { campaign: place.campaign } }),
        ...(place.locale === undefined ? {} : { locale: place.locale }),
      },
    }))

const email = fc.constantFrom('ada@ours.example', 'Bob@OURS.example', 'cleo@theirs.example', 'ours.example', null)
const traits = json({
  plan: sometimes(anything),
  level: sometimes(anything),
  home: sometimes(fc.constantFrom({ city: 'Rome' }, { zip: 1 }, 'nowhere')),
  email: sometimes(email),
})
const fact = fc.oneof(
  { weight: 2, arbitrary: fc.record({ fact: fc.constant('identify' as const), user, device: sometimes(device), traits: sometimes(traits) }) },
  fc
    .record({ fact: fc.constantFrom('merge' as const, 'merge' as const, 'unmerge' as const), user, other: user })
    .filter(({ user: one, other }) => one !== other),
)
const entities = fc.uniqueArray(
  fc.record({
    type: fc.constantFrom('task', 'project'),
    id: fc.constantFrom('1', '2'),
    attributes: json({ status: sometimes(fc.constantFrom('open', 'done', '2')), size: sometimes(anything.filter((value) => value !== null)) }),
  }),
  { maxLength: 3, selector: ({ type, id }) => `${type} ${id}` },
) satisfies fc.Arbitrary<Entity[]>

const none: readonly string[] = []
const internal = fc.record({
  user_ids: fc.constantFrom(none, none, none, ['u4'], ['u4', 'nobody']),
  email_domains: fc.constantFrom(none, none, ['ours.example']),
})

const typeStep = fc.oneof(
  fc.constantFrom(...types).map((type): Step => ({ event: type })),
  fc.constant<Step>({ any: true, filters: [{ field: 'metadata.plan', op: 'exists' }] }),
)
const within_days = sometimes(fc.constantFrom(2, 30, 300))
const rule = fc.oneof(
  fc.record({ did: typeStep, at_least: sometimes(fc.constantFrom(1, 2, 3)), at_most: sometimes(fc.constantFrom(3, 4)), within_days }),
  fc.record({ did_not: typeStep, within_days }),
  fc.record({ trait: fc.constantFrom('plan', 'level'), op: fc.constantFrom('exists' as const, 'not_exists' as const) }),
  fc.record({ trait: fc.constant('plan'), op: fc.constantFrom('eq' as const, 'neq' as const), value: word }),
)
const rules = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: rule },
    fc.array(rule, { minLength: 1, maxLength: 2 }).map((any) => ({ any })),
  ),
  {
    minLength: 1,
    maxLength: 3,
  },
)
const definition: fc.Arbitrary<CohortDefinition> = fc.oneof(
  rules.map((all) => ({ all })),
  rules.map((any) => ({ any })),
)

const cohort = fc.record({ type: fc.constantFrom('live' as const, 'static' as const), definition })

/** The same moment, number and request, of somebody else: one person by a merge, perhaps. */
function twinOf(events: readonly Omit<Event, 'n'>[], { of, user: user_id, type }: { of: number; user: string; type: string }): Omit<Event, 'n'>[] {
  const one = events[of]
  return one ? [{ ...one, columns: { ...one.columns, user_id, event_type: type, event_action: actionOf(type) } }] : []
}

/** What happened on those days, and a little around them. */
export const worldAbout = (about: readonly string[]): fc.Arbitrary<World> =>
  moments(about).chain((pool) =>
    fc
      .record({
        events: fc.array(event(pool), { minLength: 20, maxLength: 120, size: 'max' }),
        facts: fc.array(fact, { maxLength: 8, size: 'max' }),
        entities,
        cohorts: fc.tuple(cohort, cohort),
        twins: fc.array(fc.record({ of: fc.nat(119), user, type: fc.constantFrom(...types) }), { maxLength: 12 }),
        sampled: fc.constant(new Map<number, ReadonlySet<string>>()),
        internal,
        timezone: fc.constantFrom(...zones),
        seed: fc.nat(),
      })
      .map(({ events, facts, twins, seed, ...rest }) => ({
        ...rest,
        // Ids in no order of anything else.
        events: [...events, ...twins.flatMap((twin) => twinOf(events, twin))].map((one, i) => ({ ...one, n: ((i + 1) * 7_919 + seed) % 1_000_003 })),
        facts: facts.map((one, i): Fact => ({ ...one, at: NOW - DAY + ((i * 5 + seed) % 11) * HOUR + i })),
        now: NOW,
      })),
  )
