import { comings, randomOf, trackerOf, visit, type MakeApplication } from '../month/application.ts'
import { nameOf, visitors } from '../month/people.ts'
import type { Random } from '../month/random.ts'
import type { Site, Visit } from '../month/visit.ts'

/** A house that is put together on the screen, with its price beside it; most visitors have a telephone in their hand. */
const site: Site = { url: 'https://haus.example.com', version: (day) => (day.released ? '1.8.0' : '1.7.3'), tracker: trackerOf }
const BASE_PRICE = 248_900
const categories = {
  gebaeudehuelle: { options: { holz: 0, putz: 4_200.5, klinker: 18_900 }, path: '/konfigurator/huelle' },
  dach: { options: { satteldach: 0, flachdach: 6_450, pultdach: 3_980.9 }, path: '/konfigurator/dach' },
  fenster: { options: { zweifach: 0, dreifach: 7_320, holz_alu: 15_240.4 }, path: '/konfigurator/fenster' },
  heizung: { options: { waermepumpe: 0, fernwaerme: -3_100, pellets: 9_875 }, path: '/konfigurator/heizung' },
  bad: { options: { standard: 0, komfort: 8_990, spa: 21_450.75 }, path: '/konfigurator/bad' },
} as const
type Category = keyof typeof categories
const order = Object.keys(categories) as Category[]
const floorplans = [
  { id: 'kompakt-96', area_m2: 96, extra: 0 },
  { id: 'familie-128', area_m2: 128, extra: 46_000 },
  { id: 'familie-142', area_m2: 142, extra: 61_500 },
  { id: 'atrium-165', area_m2: 165, extra: 98_750.5 },
] as const

const sources: ReadonlyArray<readonly [Pick<Site, 'referrer' | 'query'>, number]> = [
  [{}, 24],
  [{ referrer: 'https://www.google.com/' }, 26],
  [{ referrer: 'https://www.google.com/', query: '?utm_source=google&utm_medium=cpc&utm_campaign=fertighaus_herbst&utm_term=haus+bauen' }, 16],
  [{ referrer: 'https://www.instagram.com/', query: '?utm_source=instagram&utm_medium=paid_social&utm_campaign=traumhaus_reel' }, 14],
  [{ query: '?utm_source=newsletter&utm_medium=email&utm_campaign=musterhaus_oktober' }, 9],
  [{ referrer: 'https://www.youtube.com/' }, 6],
  [{ referrer: 'https://www.pinterest.de/' }, 5],
]

export const house: MakeApplication = (month) => {
  const people = visitors(randomOf(month, 'house'), { count: 170, phoneShare: 0.58, again: 0.17 })
  /** Those who asked for a quote, with the name they gave. */
  const known = new Map<string, string>()
  const beginsWith = new Map<string, Record<string, string>>()
  let orders = 0

  const price = (plan: (typeof floorplans)[number], chosen: Record<string, string>): number => {
    let sum = BASE_PRICE + plan.extra
    for (const category of order) sum += (categories[category].options as Record<string, number>)[chosen[category] ?? ''] ?? 0
    return Math.round(sum * 100) / 100
  }
  const configure = (v: Visit, anonymousId: string): { chosen: Record<string, string>; total: number; completion: number } => {
    const { random } = v
    const plan = random.pick(floorplans)
    const chosen = beginsWith.get(anonymousId) ?? {}
    v.wait(12).page('/grundrisse', 'Grundrisse').wait(20)
    v.do('floorplan_viewed', { entity: ['floorplan', plan.id], metadata: { floorplan: plan.id, area_m2: plan.area_m2, floors: plan.area_m2 > 130 ? 2 : 1 } })
    const state = (): { chosen: Record<string, string>; total: number; completion: number } => {
      const completion = Math.round((100 * Object.keys(chosen).length) / order.length)
      return { chosen, total: price(plan, chosen), completion }
    }
    for (const category of order) {
      if (random.chance(0.16)) return state()
      const { path, options } = categories[category]
      const renderMs = random.around(v.lastedMs > 0 && category === 'fenster' ? 420 : 230)
      v.wait(9)
        .page(path, category)
        .do('configurator_rendered', {
          metadata: { category, lcp_ms: Math.round(random.around(1_400)), frames_dropped: random.count(0.8) },
          durationMs: renderMs,
        })
      for (let i = 1 + random.count(0.7); i > 0; i--) {
        const option = random.pick(Object.keys(options))
        const previous = chosen[category]
        chosen[category] = option
        const { total, completion } = state()
        v.wait(16).do('option_selected', {
          entity: ['option', option],
          metadata: {
            category,
            option,
            ...(previous === undefined ? {} : { previous }),
            configuration: { ...chosen },
            price: total,
            currency: 'EUR',
            completion,
          },
        })
      }
      if (random.chance(0.35)) v.wait(5).do('price_viewed', { metadata: { price: state().total, currency: 'EUR', completion: state().completion } })
    }
    beginsWith.set(anonymousId, chosen)
    return state()
  }
  const ask = (v: Visit, anonymousId: string, made: ReturnType<typeof configure>): void => {
    const configuration = { configuration: { ...made.chosen }, price: made.total, currency: 'EUR' }
    v.wait(40).page('/angebot', 'Angebot anfordern').wait(60)
    if (!known.has(anonymousId) && known.size < 25) {
      const person = nameOf(115 + known.size)
      const userId = `c-${20_101 + known.size}`
      known.set(anonymousId, userId)
      v.identify(userId, { ...person, team: 'Kunden', plan: 'interessent', role: 'bauherr' })
    }
    v.do('quote_requested', { entity: ['quote', `q-${anonymousId.slice(0, 6)}`], metadata: configuration, durationMs: v.lastedMs })
  }
  const buy = (v: Visit, made: ReturnType<typeof configure>): void => {
    const entity = ['order', `o-${3_001 + orders++}`] as const
    v.wait(45).page('/bestellung', 'Bestellung').wait(180)
    v.do('order_placed', {
      entity,
      metadata: {
        configuration: { ...made.chosen },
        revenue: made.total,
        price: made.total,
        currency: 'EUR',
        payment: v.random.pick(['financing', 'transfer']),
      },
      durationMs: v.lastedMs,
    })
  }
  return {
    live(day, out) {
      const random = randomOf(month, 'house', day.date)
      for (const { person, at } of comings(day, random, { people, rhythm: 'evening', weekend: 1.5, release: 1.15, falls: false })) {
        const userId = known.get(person.anonymousId)
        const v = visit({ out, day, random, site: { ...site, ...random.weighted(sources) } }, { person: { ...person, userId }, at })
        v.page('/', 'Ihr Haus')
        if (random.chance(0.14)) continue
        const made = configure(v, person.anonymousId)
        // First seen with the release: a type that nobody has declared yet.
        if (day.released && random.chance(0.15))
          v.wait(15).do('configuration_shared', { metadata: { channel: random.pick(['link', 'whatsapp', 'mail']), price: made.total, currency: 'EUR' } })
        if (made.completion === 100 && random.chance(0.36)) {
          ask(v, person.anonymousId, made)
          if (chanceOfOrder(random, userId)) buy(v, made)
        }
        if (random.chance(0.5)) v.wait(20).do('page_left', { metadata: { completion: made.completion }, durationMs: v.lastedMs })
      }
    },
  }
}

/** Nobody buys a house at first sight. */
const chanceOfOrder = (random: Random, userId: string | undefined): boolean => random.chance(userId === undefined ? 0.06 : 0.3)
