import type { Question, QuestionKind } from '@cairn/wire/questions/question'
import { iso } from '../base/time.ts'
import { EVER } from '../ingest/changes.ts'
import { sql } from '../store/sql.ts'
import type { Asked, Kind } from './asked.ts'
import type { AnswerCache } from './cache.ts'
import { correlation } from './correlation.ts'
import { distribution } from './distribution.ts'
import { funnel } from './funnel.ts'
import { lifecycle } from './lifecycle.ts'
import { paths } from './paths.ts'
import { metaOf, plan, type PlanDeps, type Planned } from './plan.ts'
import { retention } from './retention.ts'
import { sqlKind } from './sql.ts'
import { stickiness } from './stickiness.ts'
import { trends } from './trends.ts'

/** What answers each kind. */
const kinds: { [K in QuestionKind]: Kind<K> } = { trends, funnel, retention, lifecycle, stickiness, distribution, paths, correlation, sql: sqlKind }

export const kindOf = <Q extends Question>({ kind }: Q): Kind<Q['kind']> => kinds[kind as QuestionKind] as Kind<Q['kind']>

export interface AskDeps extends PlanDeps {
  cache: AnswerCache
  /** How long the oldest of what was acknowledged has been waiting for the store, in milliseconds. */
  lagMs: () => number
}

/** The answer to a question, with `meta`, and with `sql` where it asks to be explained. Throws `invalid`. */
export async function ask(deps: AskDeps, workspace: { id: number; timezone: string }, question: Question, signal?: AbortSignal): Promise<object> {
  const startedAt = performance.now()
  const freshTo = deps.clock.now() - deps.lagMs()
  const kind = kindOf(question)
  const planned = await plan(deps, workspace, question)
  const { asked } = planned
  const key = JSON.stringify([workspace.id, asked.range.fromMs, asked.range.toMs, asked.range.timezone, question, planned.people, kind.begun?.(asked as never)])
  const readsSessions = JSON.stringify(question).includes('"session.')
  const span = (readsSessions ? undefined : kind.looksAt?.(asked as never)) ?? EVER
  const make = (ending: AbortSignal | undefined): Promise<object> => answerTo(deps, planned, kind, ending)
  // A query may ask for the time, so its answer holds for one moment.
  const { answer, isCached } =
    question.kind === 'sql' ? { answer: await make(signal), isCached: false } : await deps.cache.get(key, { workspaceId: workspace.id, span, signal }, make)
  const { meta, ...figures } = answer as { meta: object }
  const took = { elapsed_ms: Math.round((performance.now() - startedAt) * 10) / 10, cached: isCached, fresh_to: iso(freshTo) }
  return { ...figures, meta: { ...meta, ...took } }
}

async function answerTo({ clock }: AskDeps, planned: Planned<Question>, kind: Kind<QuestionKind>, signal: AbortSignal | undefined): Promise<object> {
  const { asked, work } = planned
  const { question } = asked
  work.signal = signal
  const answer = await kind.ask(asked as never)
  const people = asked.sample < 1 ? await peopleIn(asked) : undefined
  const bots = question.kind === 'sql' || question.include_bots === true
  const internal = question.kind === 'sql' || question.include_internal === true
  const meta = metaOf(planned, clock, { interval: kind.interval(question as never), definition: kind.definition, bots, internal, people })
  return { ...answer, ...(question.explain ? { sql: work.statements.join(';\n\n') } : {}), meta }
}

async function peopleIn({ scope, range, query }: Asked): Promise<number> {
  const rows = scope()
  const clause = rows.clause(range, [])
  const [found] = await query<{ people: string }>(sql`SELECT uniqExact(${rows.person}) AS people FROM ${rows.from} ${clause}`)
  return Number(found?.people ?? 0)
}
