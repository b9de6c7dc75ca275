import { iso } from '../../base/time.ts'
import { moment, type DemoDay, type Rhythm } from './calendar.ts'
import type { DemoPerson } from './people.ts'
import { Random } from './random.ts'
import { Visit, type Outbox, type Site } from './visit.ts'

/** One of the five: what happens in it on each day, in the order of the days. It remembers, so that what was begun on one day goes on later. */
export interface Application {
  live(day: DemoDay, out: Outbox): void
}

/** `month` names the whole: its seed and its last day. */
export type MakeApplication = (month: readonly [seed: number, endDay: string]) => Application

export interface Comings {
  people: readonly DemoPerson[]
  rhythm: Rhythm
  /** What a Saturday is to a Tuesday. */
  weekend: number
  /** What the release day is to another. */
  release: number
  /** Whether it went down with the outage. */
  falls: boolean
}

/** Share of visits that find nothing in an outage and are never begun. */
const TURNED_AWAY = 0.9
const SECOND_VISIT = 0.3

/** The visits of a day: who comes, when, and once or twice. */
export function comings(day: DemoDay, random: Random, { people, rhythm, weekend, release, falls }: Comings): { person: DemoPerson; at: number }[] {
  const visits: { person: DemoPerson; at: number }[] = []
  const busy = day.growth * (day.weekend ? weekend : 1) * (day.releaseDay ? release : 1)
  for (const person of people) {
    if (person.since > day.index) continue
    const isNew = person.since === day.index && day.index > 0
    const likely = person.keen * busy
    const times =
      (isNew || random.chance(Math.min(1, likely)) ? 1 : 0) +
      (random.chance(Math.min(1, likely * SECOND_VISIT)) ? 1 : 0) +
      (likely > 1 ? random.count(likely - 1) : 0)
    for (let i = 0; i < times; i++) {
      const at = moment(day, rhythm, random)
      const { outage } = day
      if (falls && outage && at >= outage.fromMs && at < outage.toMs && random.chance(TURNED_AWAY)) continue
      visits.push({ person, at })
    }
  }
  return visits.sort((a, b) => a.at - b.at)
}

export const randomOf = (month: readonly [seed: number, endDay: string], ...parts: string[]): Random => new Random(...month, ...parts)

/** Where an application's new people are told of: on the first day those who were there before, later each on the day they come. */
export function tellOf(day: DemoDay, people: ReadonlyArray<DemoPerson & { userId: string; traits: NonNullable<DemoPerson['traits']> }>, out: Outbox): void {
  for (const { userId, anonymousId, traits, since } of people)
    if (since === day.index) out.facts.push({ user_id: userId, anonymous_id: anonymousId, traits, timestamp: iso(day.startMs) })
}

export const visit = (o: { out: Outbox; day: DemoDay; random: Random; site: Site }, { person, at }: { person: DemoPerson; at: number }): Visit =>
  new Visit({ ...o, person }, at)

/** Half of the browsers have the new tracker from the start; nearly all get it with the release. */
export const trackerOf = ({ released }: DemoDay, { anonymousId }: DemoPerson): string =>
  parseInt(anonymousId.slice(0, 2), 16) < (released ? 235 : 128) ? 'cairn-browser/1.2.0' : 'cairn-browser/1.1.4'
