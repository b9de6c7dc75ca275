import type { Api, Query } from '../reach/api.ts'

/** Asks the questions of the table, each different request once. Every request names the days that the data spans. */
export interface Asker {
  analytics(query?: Query): Promise<Activity>
  /** `analytics` of each day by itself that has events. */
  eachDay<T>(read: (day: Activity) => T): Promise<Record<string, T>>
  people(): Promise<Person[]>
  sessions(): Promise<SessionFigures>
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
  return {
    from,
    to,
    analytics,
    eachDay: async (read) => {
      const answers: Array<[string, ReturnType<typeof read>]> = []
      for (const day of Object.keys(nonZero((await analytics()).events_by_day))) answers.push([day, read(await analytics({ from: day, to: day }))])
      return Object.fromEntries(answers)
    },
    sessions: () => (sessions ??= api.get<SessionFigures>('/api/sessions/summary', { from, to })),
    people: async () => {
      const people: Person[] = []
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page: { people: Person[]; next_cursor: string | null } = await api.get('/api/people', { from, to, limit: 1_000, cursor })
        people.push(...page.people)
        cursor = page.next_cursor
      }
      return people
    },
  }
}

/** Truth lists the days on which something happened; answers list every day. */
export const nonZero = (counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
