import type { AnswerTo, QuestionOf } from '@cairn/wire/questions/question'
import type { World } from './event.ts'
import { askedOf, fieldOf, fits, looked, within } from './filter.ts'
import { mean, percentile } from './numbers.ts'
import { spanOf } from './range.ts'
import { numberOf } from './value.ts'

export function distribution(world: World, question: QuestionOf<'distribution'>): AnswerTo<'distribution'> {
  const { field, bins = 20, series: [step = { any: true as const }] = [] } = question
  const asked = askedOf(world, question)
  const events = within(looked(asked), spanOf(world, question)).filter((event) => fits(asked, event, step))
  const numbers = events.map((event) => numberOf(fieldOf(asked, event, field))).filter((number) => number !== undefined)
  const [min, max] = [Math.min(...numbers), Math.max(...numbers)]
  const isEmpty = numbers.length === 0
  return {
    kind: 'distribution',
    bins: isEmpty ? [] : binsOf(numbers, min, max, min === max ? 1 : bins),
    count: numbers.length,
    missing: events.length - numbers.length,
    min: isEmpty ? null : min,
    max: isEmpty ? null : max,
    mean: mean(numbers),
    median: percentile(numbers, 0.5),
    p90: percentile(numbers, 0.9),
    p95: percentile(numbers, 0.95),
    p99: percentile(numbers, 0.99),
  }
}

function binsOf(numbers: readonly number[], min: number, max: number, bins: number): AnswerTo<'distribution'>['bins'] {
  const bin = (number: number): number => (max === min ? 0 : Math.min(bins - 1, Math.floor(((number - min) * bins) / (max - min))))
  const edge = (i: number): number => (i === bins ? max : min + (i * (max - min)) / bins)
  return Array.from({ length: bins }, (_, i) => ({ from: edge(i), to: edge(i + 1), count: numbers.filter((number) => bin(number) === i).length }))
}
