import type { AnswerTo, QuestionOf } from '@cairn/wire/questions/question'
import { order, type Event, type World } from './event.ts'
import { askedOf, fits, looked, within } from './filter.ts'
import { beside, intervals, type Interval } from './intervals.ts'
import { personOf } from './people.ts'
import { spanOf, zoneOf } from './range.ts'

type Retention = QuestionOf<'retention'>
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

export function retention(world: World, question: Retention): AnswerTo<'retention'> {
  const { interval: length = 'day', periods = 8, mode = 'first_time' } = question
  const asked = askedOf(world, question)
  const span = spanOf(world, question)
  const zone = zoneOf(world, question)
  const all = looked(asked)
  const people = [...Map.groupBy(all, (event) => personOf(world, event)).values()].map((events) => {
    const starts = events.filter((event) => fits(asked, event, question.start))
    return { starts, first: Math.min(...starts.map(({ at }) => at)), returns: events.filter((event) => fits(asked, event, question.return)) }
  })
  const cohorts = intervals(span, length, zone).map((interval) => {
    const begun = people
      .map(({ starts, first, returns }) => ({
        starts: within(within(starts, span), interval).filter(({ at }) => mode === 'recurring' || at === first),
        returns,
      }))
      .filter(({ starts }) => starts.length > 0)
    let period: Interval = interval
    const values: (number | null)[] = [begun.filter((person) => cameBack(person, interval)).length]
    while (values.length <= periods) {
      period = beside(period, length, zone, 1)
      values.push(period.from > world.now ? null : begun.filter(({ returns }) => within(returns, period).length > 0).length)
    }
    if (interval.from > world.now) values[0] = null
    return { start: interval.name, size: begun.length, values }
  })
  const average = Array.from({ length: periods + 1 }, (_, k) => {
    const known = cohorts.filter(({ values }) => values[k] !== null)
    const size = sum(known.map((cohort) => cohort.size))
    return size === 0 ? null : sum(known.map(({ values }) => values[k] ?? 0)) / size
  })
  return { kind: 'retention', cohorts, average }
}

/** Another event than one of those that may be the first start, and not before it. */
function cameBack({ starts, returns }: { starts: readonly Event[]; returns: readonly Event[] }, interval: Interval): boolean {
  const first = starts.filter((start) => starts.every((other) => order(start, other) <= 0))
  return first.some((start) => within(returns, interval).some((event) => event !== start && order(event, start) >= 0))
}
