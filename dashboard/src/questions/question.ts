import type { Condition, Figure, Filter, Question, QuestionKind, QuestionOf, Series, Step } from '@cairn/wire/questions/question'
import { operators } from '@cairn/wire/questions/vocabulary'
import { chartsOf } from './charts.ts'

export type Filters = NonNullable<Step['filters']>
/** The editor nests no deeper than the contract, whose type says each depth by itself. */
export const filtersOf = (filters: readonly Filter[]): Filters => filters as Filters

/** In the order in which they are offered. */
export const kinds = Object.keys(chartsOf) as QuestionKind[]
/** As deep as groups of conditions lie within each other. */
export const DEEPEST = 4

const ANYTHING: Step = { any: true }
const FIRST_FIELDS = ['device_type', 'browser', 'os', 'channel']
const FIRST_SQL = 'SELECT event_type, count() AS events\nFROM events\nGROUP BY event_type\nORDER BY events DESC'

/** The question that an address holds; undefined where it holds none. */
export function readQuestion(text: string | undefined): Question | undefined {
  if (text === undefined) return undefined
  try {
    const read: unknown = JSON.parse(text)
    const isQuestion = typeof read === 'object' && read !== null && 'kind' in read && typeof read.kind === 'string' && read.kind in chartsOf
    return isQuestion ? ({ ...inKind((read as Question).kind, FIRST), ...read } as Question) : undefined
  } catch {
    return undefined
  }
}

/** The figure of an answer that an address holds. */
export function readFigure(text: string | undefined): Figure | undefined {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as Figure
  } catch {
    return undefined
  }
}

export const FIRST: QuestionOf<'trends'> = { kind: 'trends', series: [ANYTHING] }

/** The same events and filters, asked in another way. */
export function inKind(kind: QuestionKind, question: Question): Question {
  const steps = stepsOf(question)
  const [first = ANYTHING, second = ANYTHING] = steps
  const shared = 'filters' in question && question.filters ? { filters: question.filters } : {}
  const breakdown = 'breakdown' in question && question.breakdown ? { breakdown: question.breakdown } : {}
  switch (kind) {
    case 'trends':
      return { kind, ...shared, ...breakdown, series: steps.slice(0, 10) }
    case 'funnel':
      return { kind, ...shared, ...breakdown, steps: steps.length > 1 ? steps : [first, second] }
    case 'retention':
      return { kind, ...shared, start: first, return: steps.length > 1 ? second : first }
    case 'paths':
      return { kind, ...shared }
    case 'lifecycle':
      return { kind, ...shared, series: [first] }
    case 'stickiness':
      return { kind, ...shared, series: steps.slice(0, 10) }
    case 'distribution':
      return { kind, ...shared, series: [first], field: 'duration_ms' }
    case 'correlation':
      return { kind, ...shared, target: steps.at(-1) ?? ANYTHING, fields: [...FIRST_FIELDS] }
    case 'sql':
      return { kind, query: FIRST_SQL }
    default:
      return kind satisfies never
  }
}

/** The events that a question is about, in its order. */
export function stepsOf(question: Question): Step[] {
  switch (question.kind) {
    case 'trends':
      return question.series.map(countedAs)
    case 'funnel':
      return question.steps
    case 'retention':
      return [question.start, question.return]
    case 'lifecycle':
    case 'stickiness':
    case 'distribution':
      return question.series ?? [ANYTHING]
    case 'correlation':
      return [...(question.start ? [question.start] : []), question.target]
    case 'paths':
    case 'sql':
      return [ANYTHING]
    default:
      return question satisfies never
  }
}

const countedAs = (series: Series): Step => {
  const { math: _math, ...step } = series
  return step
}

/** Without what is not filled in yet: conditions without a value are no conditions. Undefined while there is nothing to ask. */
export function asked(question: Question): Question | undefined {
  if (question.kind === 'sql') return question.query.trim() === '' ? undefined : question
  if (question.kind === 'correlation' && question.fields.length === 0) return undefined
  return JSON.parse(
    JSON.stringify(question, (key, value: unknown) => (key === 'filters' && Array.isArray(value) ? wholeFilters(value as Filter[]) : value)),
  ) as Question
}

/** Those that are filled in; undefined where none is. */
export const wholeFilters = (filters: readonly Filter[]): Filter[] | undefined => {
  const kept = filters.flatMap((filter): Filter[] => {
    if ('op' in filter) return isWhole(filter) ? [filter] : []
    const inner = wholeFilters('any' in filter ? filter.any : filter.all)
    return inner === undefined ? [] : ['any' in filter ? { any: inner } : { all: inner }]
  })
  return kept.length === 0 ? undefined : kept
}

function isWhole({ field, op, value }: Condition): boolean {
  const { values } = operators[op]
  if (values === 'cohort') return value !== undefined && value !== ''
  if (field === undefined) return false
  if (values === 'none') return true
  if (values === 'pair') return Array.isArray(value) && value.length === 2 && value.every((one) => one !== '')
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== ''
}
