import type { AnswerTo, QuestionOf } from '@cairn/wire/questions/question'
import { byCodePoint, type World } from './event.ts'
import { askedOf, fieldOf, fits, looked, within } from './filter.ts'
import { personOf } from './people.ts'
import { spanOf } from './range.ts'
import { textOf } from './value.ts'

const MOST_VALUES = 25

export function correlation(world: World, question: QuestionOf<'correlation'>): AnswerTo<'correlation'> {
  const { start = { any: true as const }, target, fields } = question
  const asked = askedOf(world, question)
  const people = [...Map.groupBy(within(looked(asked), spanOf(world, question)), (event) => personOf(world, event)).values()]
    .filter((events) => events.some((event) => fits(asked, event, start)))
    .map((events) => ({ events, hasConverted: events.some((event) => fits(asked, event, target)) }))
  const converted = people.filter(({ hasConverted }) => hasConverted).length
  const properties = fields.flatMap((field) => {
    const having = new Map<string, { yes: number; no: number }>()
    for (const { events, hasConverted } of people) {
      const values = new Set(
        events
          .map((event) => fieldOf(asked, event, field))
          .filter((value) => value !== undefined)
          .map(textOf),
      )
      for (const value of values) {
        const { yes, no } = having.get(value) ?? { yes: 0, no: 0 }
        having.set(value, hasConverted ? { yes: yes + 1, no } : { yes, no: no + 1 })
      }
    }
    return [...having]
      .toSorted(([a, inA], [b, inB]) => inB.yes + inB.no - inA.yes - inA.no || byCodePoint(a, b))
      .slice(0, MOST_VALUES)
      .toSorted(([a], [b]) => byCodePoint(a, b))
      .map(([value, { yes, no }]) => ({
        field,
        value,
        converted: yes,
        not_converted: no,
        ...oddsOf(yes, no, converted - yes, people.length - converted - no),
      }))
  })
  const distance = ({ odds_ratio }: { odds_ratio: number }): number => Math.abs(Math.log(odds_ratio))
  return { kind: 'correlation', people: people.length, converted, properties: properties.toSorted((a, b) => distance(b) - distance(a)) }
}

function oddsOf(a: number, b: number, c: number, d: number): { odds_ratio: number; low: number; high: number } {
  const odds = ((a + 0.5) * (d + 0.5)) / ((b + 0.5) * (c + 0.5))
  const error = 1.96 * Math.sqrt(1 / (a + 0.5) + 1 / (b + 0.5) + 1 / (c + 0.5) + 1 / (d + 0.5))
  return { odds_ratio: odds, low: odds * Math.exp(-error), high: odds * Math.exp(error) }
}
