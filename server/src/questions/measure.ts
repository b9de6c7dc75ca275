import type { Count, Measure as MeasureName } from '@cairn/wire/questions/vocabulary'
import { raw, sql, type Piece } from '../store/sql.ts'
import { refused, type Scope } from './scope.ts'

/**
 * What a series counts: aggregates of the rows that are `of` the series, and the figure that their values make. `scale` is 1 / the share of people
 * looked at.
 */
export interface Measure {
  aggregates: readonly Piece[]
  /** Null where there is nothing to measure. */
  figure(values: readonly (number | null)[], scale: number): number | null
  /** Whether intervals add up to the whole. */
  adds: boolean
  /** Different things are counted: their key, where a row has one. A running figure counts each where it is first seen. */
  distinct: { key: Piece; present: Piece } | undefined
  /** Of what was seen so far and what comes next; undefined where that does not follow. */
  join: ((before: readonly (number | null)[], next: readonly (number | null)[]) => (number | null)[]) | undefined
}

type Values = readonly (number | null)[]
const added = (before: Values, next: Values): (number | null)[] => next.map((value, i) => (before[i] ?? 0) + (value ?? 0))
const kept =
  (choose: (...values: number[]) => number) =>
  (before: Values, next: Values): (number | null)[] =>
    next.map((value, i) => {
      const known = [before[i], value].filter((one): one is number => one != null)
      return known.length > 0 ? choose(...known) : null
    })
const quotas = { median: '0.5', p90: '0.9', p95: '0.95', p99: '0.99' } as const

/** `math` of a series whose rows are those where `of` holds. */
export function measureOf(math: string, of: Piece, scope: Scope): Measure {
  const colon = math.indexOf(':')
  return colon < 0 ? countOf(math as Count, of, scope) : fieldOf(math.slice(0, colon) as MeasureName, math.slice(colon + 1), of, scope)
}

function countOf(count: Count, of: Piece, scope: Scope): Measure {
  const events = sql`countIf(${of})`
  const people = sql`uniqExactIf(${scope.person}, ${of})`
  const whole = ([value]: Values, scale: number): number => (value ?? 0) * scale
  switch (count) {
    case 'total':
      return { aggregates: [events], figure: whole, adds: true, distinct: undefined, join: added }
    case 'unique_users':
      return { aggregates: [people], figure: whole, adds: false, distinct: { key: scope.person, present: raw('true') }, join: undefined }
    case 'unique_sessions': {
      const present = raw('session_key != 0')
      return {
        aggregates: [sql`uniqExactIf(session_key, ${of} AND ${present})`],
        figure: whole,
        adds: false,
        distinct: { key: raw('session_key'), present },
        join: undefined,
      }
    }
    case 'per_user':
    default:
      return {
        aggregates: [events, people],
        figure: ([total, users]) => (users ? (total ?? 0) / users : null),
        adds: false,
        distinct: { key: scope.person, present: raw('true') },
        join: undefined,
      }
  }
}

function fieldOf(measure: MeasureName, field: string, of: Piece, scope: Scope): Measure {
  const { text, number, present } = scope.value(field)
  const isNumber = sql`${of} AND isNotNull(${number})`
  const value = sql`assumeNotNull(${number})`
  const whole = ([found]: Values, scale: number): number => (found ?? 0) * scale
  const base = { adds: false, distinct: undefined, join: undefined }
  switch (measure) {
    case 'unique':
      return { ...base, aggregates: [sql`uniqExactIf(${text}, ${of} AND ${present})`], figure: whole, distinct: { key: sql`cityHash64(${text})`, present } }
    case 'sum':
      return { ...base, aggregates: [sql`sumIf(${value}, ${isNumber})`], figure: whole, adds: true, join: added }
    case 'avg':
      return {
        ...base,
        aggregates: [sql`sumIf(${value}, ${isNumber})`, sql`countIf(${isNumber})`],
        figure: ([sum, count]) => (count ? (sum ?? 0) / count : null),
        adds: true,
        join: added,
      }
    case 'min':
    case 'max':
      return {
        ...base,
        aggregates: [sql`${raw(measure)}OrNullIf(${value}, ${isNumber})`],
        figure: ([found]) => found ?? null,
        adds: true,
        join: kept(measure === 'min' ? Math.min : Math.max),
      }
    case 'median':
    case 'p90':
    case 'p95':
    case 'p99':
    default:
      return {
        ...base,
        aggregates: [sql`if(countIf(${isNumber}) = 0, NULL, quantileExactInclusiveIf(${raw(quotas[measure])})(${value}, ${isNumber}))`],
        figure: ([found]) => found ?? null,
      }
  }
}

/** Throws `invalid` where a running figure does not follow. */
export function running({ join }: Measure, math: string): NonNullable<Measure['join']> {
  if (join) return join
  throw refused(`${math} has no cumulative figure.`)
}
