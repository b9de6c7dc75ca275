import type { AnswerTo, Figure, QuestionKind, QuestionOf, Question, Step } from '@cairn/wire/questions/question'
import type { Interval } from '@cairn/wire/questions/vocabulary'
import type { Range } from '../analytics/range.ts'
import type { Zone } from '../analytics/zone.ts'
import type { Persons } from '../store/persons.ts'
import type { Piece } from '../store/sql.ts'
import type { CallOptions, Column, Store } from '../store/store.ts'
import type { Scope, Slice } from './scope.ts'

/** What completed projects came to, as it was calculated once; '' stands for all. */
export interface BaselineRow {
  metric_name: string
  project_type: string
  client_id: string
  task_type: string
  metric_value: number
  median: number
  p25: number
  p75: number
  standard_deviation: number
  sample_size: number
  /** Milliseconds. */
  calculated_at: number
}

/** Events of the span, of any of the steps; of none of them, all. */
export interface Read {
  span: { fromMs: number; toMs: number }
  steps: readonly Step[]
}

/** A question that is understood: what a kind needs to answer it. */
export interface Asked<Q extends Question = Question> {
  question: Q
  workspaceId: number
  database: string
  range: Range
  place: Zone
  now: number
  /** Of people that are looked at; what is counted is divided by it. */
  sample: number
  /** Each query has one of its own. */
  readonly scope: (slice?: Slice) => Scope
  readonly query: <Row>(query: Piece) => Promise<readonly Row[]>
  /** In how many passes the events of any of the steps are to be read where something of each is kept, so that a pass fits the memory of a query. */
  readonly passes: (of: Read) => Promise<number>
  /**
   * Rows of a query that works out something for each person: asked of one slice of the people after the other where all together need more memory than
   * a query has, of finer ones where that still is too much. The caller adds up what the slices say. `rowsEach`: how many rows leave as much in memory as one that is kept.
   */
  readonly inSlices: <Row>(of: Read & { rowsEach: number }, select: (slice?: Slice) => Piece) => Promise<readonly Row[]>
  /** Of a query whose columns are not known before. */
  readonly table: (query: Piece, options: CallOptions) => Promise<{ columns: readonly Column[]; rows: readonly unknown[][] }>
  store: Store
  persons: Persons
  /** The catalog's, the newest first. */
  readonly baselines: () => Promise<readonly BaselineRow[]>
  /** Memory that one query may take. */
  queryBytes: number
}

/** What is behind a figure. */
export interface Behind {
  /** Query: the keys of its people, each once, as `person`. */
  people: Piece
  /** Its events: the tables, and the clause that follows them. */
  events: { from: Piece; clause: Piece }
}

/**
 * One kind of question: `ask` makes SQL of it and the answer of its rows; `behind` says who and what a figure of that answer counts.
 * Both throw `invalid` for what the schema cannot say.
 */
export interface Kind<K extends QuestionKind> {
  /** What the figures are, in a sentence or two. */
  definition: string
  /** The interval whose starts `columns` are; undefined where there are none. */
  interval(question: QuestionOf<K>): Interval | undefined
  /** Times of the events that decide the answer, where those of the range alone do; all there are otherwise. */
  looksAt?: (asked: Asked<QuestionOf<K>>) => { fromMs: number; toMs: number }
  /** How many of the intervals asked about have begun, where that decides the answer too. */
  begun?: (asked: Asked<QuestionOf<K>>) => number
  ask(asked: Asked<QuestionOf<K>>): Promise<AnswerTo<K>>
  behind(asked: Asked<QuestionOf<K>>, figure: Figure): Promise<Behind>
}
