import type { AnswerTo, QuestionOf } from '@cairn/wire/questions/question'
import type { World } from './event.ts'
import { askedOf, fits, labelOf, looked, within } from './filter.ts'
import { intervals } from './intervals.ts'
import { personOf } from './people.ts'
import { spanOf, zoneOf } from './range.ts'

export function stickiness(world: World, question: QuestionOf<'stickiness'>): AnswerTo<'stickiness'> {
  const { interval = 'day', series = [{ any: true as const }] } = question
  const asked = askedOf(world, question)
  const span = spanOf(world, question)
  const all = intervals(span, interval, zoneOf(world, question))
  const events = within(looked(asked), span)
  return {
    kind: 'stickiness',
    columns: all.map((_, i) => String(i + 1)),
    series: series.map((step) => {
      const people = Map.groupBy(
        events.filter((event) => fits(asked, event, step)),
        (event) => personOf(world, event),
      )
      const active = [...people.values()].map((own) => all.filter((one) => within(own, one).length > 0).length)
      return { label: labelOf(step), breakdown: null, values: all.map((_, i) => active.filter((count) => count === i + 1).length), total: active.length }
    }),
  }
}
