import type { AnswerTo, QuestionOf } from '@cairn/wire/questions/question'
import type { Event, World } from './event.ts'
import { askedOf, fits, looked, within } from './filter.ts'
import { beside, intervals } from './intervals.ts'
import { personOf } from './people.ts'
import { spanOf, zoneOf, type Span } from './range.ts'

export function lifecycle(world: World, question: QuestionOf<'lifecycle'>): AnswerTo<'lifecycle'> {
  const { interval: length = 'day', series: [step = { any: true as const }] = [] } = question
  const asked = askedOf(world, question)
  const zone = zoneOf(world, question)
  const span = spanOf(world, question)
  const did = looked(asked).filter((event) => fits(asked, event, step))
  const peopleOf = (events: readonly Event[]): Set<string> => new Set(events.map((event) => personOf(world, event)))
  const whole = intervals(span, length, zone)
  const inRange: Span[] = whole.map(({ from, to }) => ({ from: Math.max(from, span.from), to: Math.min(to, span.to) }))
  const states = inRange.map((interval, i) => {
    const now = peopleOf(within(did, interval))
    const first = whole[0]
    const before = peopleOf(within(did, inRange[i - 1] ?? (first ? beside(first, length, zone, -1) : interval)))
    const ever = peopleOf(did.filter(({ at }) => at < interval.from))
    return {
      new: [...now].filter((person) => !ever.has(person)).length,
      returning: [...now].filter((person) => before.has(person)).length,
      resurrecting: [...now].filter((person) => ever.has(person) && !before.has(person)).length,
      dormant: -[...before].filter((person) => !now.has(person)).length,
    }
  })
  return {
    kind: 'lifecycle',
    columns: whole.map(({ name }) => name),
    series: (['new', 'returning', 'resurrecting', 'dormant'] as const).map((state) => ({
      label: state,
      breakdown: null,
      values: states.map((counts) => counts[state]),
      total: null,
    })),
  }
}
