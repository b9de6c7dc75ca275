import type { AnswerTo, QuestionKind, QuestionOf } from '@cairn/wire/questions/question'
import type { Api, Query } from '../reach/api.ts'

/** Asks the questions of the table, each different request once. Every request names the days that the data spans. */
export interface Asker {
  analytics(query?: Query): Promise<Activity>
  people(): Promise<Person[]>
  /** POST /api/query. */
  ask<K extends QuestionKind>(kind: K, question: Omit<QuestionOf<K>, 'kind'>): Promise<AnswerTo<K>>
  sessions(): Promise<SessionFigures>
  tasks(): Promise<readonly Task[]>
  span(from: string, to: string): Promise<Span>
  transitions(): Promise<Transition[]>
  /** Days of the data's first and last row, in UTC. */
  readonly from: string
  readonly to: string
}

export interface Activity {
  total_events: number
  active_users: number
  events_by_day: Record<string, number>
  events_by_type: Record<string, number>
}
export interface SessionFigures {
  sessions: number
  length: { mean_seconds: number; median_seconds: number; median_seconds_of_several: number; longest_seconds: number }
  events_per_session: { mean: number; median: number; most: number }
  single_event_sessions: number
  bounce_rate: number
  sessions_by_day: Record<string, number>
}
export interface Task {
  assignees: string[]
  attributes: Record<string, unknown>
}
export interface Span {
  count: number
  mean_seconds: number
  median_seconds: number
  p90_seconds: number
}
export interface Transition {
  from: string
  to: string
  count: number
}
export interface Person {
  user_id: string
  first_seen: string
}

export function makeAsker(api: Api, { from, to }: { from: string; to: string }): Asker {
  const asked = new Map<string, Promise<Activity>>()
  const analytics = (query: Query = {}): Promise<Activity> => {
    const full = { from, to, ...query }
    const name = JSON.stringify(full)
    const known = asked.get(name) ?? api.get<Activity>('/api/events/analytics', full)
    asked.set(name, known)
    return known
  }
  let sessions: Promise<SessionFigures> | undefined
  let tasks: Promise<Task[]> | undefined
  const pages = async <T>(path: string, name: string, query: Query): Promise<T[]> => {
    const all: T[] = []
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page: Record<string, T[]> & { next_cursor: string | null } = await api.get(path, { ...query, limit: 1_000, cursor })
      all.push(...(page[name] ?? []))
      cursor = page.next_cursor
    }
    return all
  }
  return {
    from,
    to,
    analytics,
    ask: async (kind, question) => await api.send('POST', '/api/query', { body: { kind, from, to, timezone: 'UTC', ...question } }),
    sessions: () => (sessions ??= api.get<SessionFigures>('/api/sessions/summary', { from, to })),
    people: () => pages<Person>('/api/people', 'people', { from, to }),
    tasks: () => (tasks ??= pages<Task>('/api/tasks', 'tasks', {})),
    span: async (start, end) => (await api.get<{ total: Span }>('/api/tasks/durations', { from: start, to: end })).total,
    transitions: async () => (await api.get<{ transitions: Transition[] }>('/api/tasks/transitions', { field: 'status', repeats: true })).transitions,
  }
}

/** Truth lists the days on which something happened; answers list every day. */
export const nonZero = (counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
