import type { AnswerTo, QuestionOf } from '@cairn/wire/questions/question'
import { OTHER } from '@cairn/wire/questions/vocabulary'
import { noMapping, type Mapping } from './import/mapping.ts'
import type { Api } from './reach/api.ts'
import { nonZero, type Asker, type SessionFigures, type Span, type Task } from './verify/asker.ts'
import { tellIncidents } from './verify/incidents.ts'

/**
 * What each published data set says of itself (the keys of its truth.json), and which request answers it. A key that no request answers
 * yet says what is missing; a key that is not here fails the verification, so that nothing is left out in silence.
 */
export type Answer = { request: string; ask(asker: Asker): Promise<unknown> } | { notYet: string }

export interface KnownDataSet {
  /** Files to import, each as one import. Empty: nothing of the set can be imported yet. */
  files: ReadonlyArray<{ file: string; mapping: Mapping }>
  /** What is told of the host's things, out of one of the files. */
  entities?: { file: string; tell(api: Api, file: string): Promise<void> }
  answers: Readonly<Record<string, Answer>>
  /** Figures that truth.json does not give; what is expected is counted in the file itself. */
  distinct: ReadonlyArray<{ key: string; file: string; column: string; answer: Answer }>
}

const notYet = (why: string): Answer => ({ notYet: why })
const analytics = 'GET /api/events/analytics'
const total: Answer = { request: `${analytics} → total_events`, ask: async (a) => (await a.analytics()).total_events }
const users: Answer = { request: `${analytics} → active_users`, ask: async (a) => (await a.analytics()).active_users }
const byDay: Answer = { request: `${analytics} → events_by_day`, ask: async (a) => nonZero((await a.analytics()).events_by_day) }
const query = 'POST /api/query'
const peopleEachDay = async (a: Asker): Promise<Record<string, number>> => byColumn(await a.ask('trends', { series: [{ any: true, math: 'unique_users' }] }))
const usersByDay: Answer = { request: `${query} trends of unique_users by day`, ask: peopleEachDay }
/** Different values of a field over all events that pass. */
const distinctOf = (field: string, filters: QuestionOf<'trends'>['filters'] = []): Answer => ({
  request: `${query} trends of unique:${field}${filters.length > 0 ? ', filtered' : ''}`,
  ask: async (a) => (await a.ask('trends', { interval: 'month', series: [{ any: true, math: `unique:${field}`, filters }] })).series[0]?.total,
})
const isAbove = (field: string): QuestionOf<'trends'>['filters'] => [{ field, op: 'gt', value: 0 }]
const valuesOf = async (a: Asker, breakdown: string): Promise<Array<[string, number]>> =>
  (await a.ask('trends', { interval: 'month', series: [{ any: true }], breakdown })).series.map((line) => [line.breakdown ?? '', line.total ?? 0])
const byColumn = ({ columns, series }: AnswerTo<'trends'>): Record<string, number> =>
  nonZero(Object.fromEntries(columns.map((column, i) => [column, series[0]?.values[i] ?? 0])))

/** Of everybody by the day they were first seen: who came again on exactly the day after so many, out of those whose day that was has come. */
const retentionOn = (day: number): Answer => ({
  request: `${query} retention by day, period ${day}`,
  ask: async (a) => {
    const { cohorts } = await a.ask('retention', { start: { any: true }, return: { any: true }, interval: 'day', periods: day })
    const eligible = cohorts.filter(({ start }) => daysBetween(start, a.to) >= day)
    const [users, retained] = [summed(eligible.map(({ size }) => size)), summed(eligible.map(({ values }) => values[day] ?? 0))]
    return { eligible_users: users, retained_users: retained, rate: retained / users }
  },
})
const summed = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
const daysBetween = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)
const funnelOf = (names: readonly string[], question: Omit<QuestionOf<'funnel'>, 'kind'>): Answer => ({
  request: `${query} funnel`,
  ask: async (a) => {
    const { steps } = await a.ask('funnel', question)
    return Object.fromEntries(names.map((name, i) => [name, steps[i]?.count]))
  },
})
const inState = (state: string): { any: true; filters: QuestionOf<'trends'>['filters'] } => ({
  any: true,
  filters: [{ field: 'metadata.incident_state', op: 'eq', value: state }],
})
const usersOf = (from: string, to: string): Answer => ({
  request: `${analytics}?from=${from}&to=${to} → active_users`,
  ask: async (a) => (await a.analytics({ from, to })).active_users,
})

const ofSessions = (name: string, read: (figures: SessionFigures) => unknown): Answer => ({
  request: `GET /api/sessions/summary → ${name}`,
  ask: async (a) => read(await a.sessions()),
})

const ofTasks = (read: (tasks: readonly Task[]) => unknown): Answer => ({ request: 'GET /api/tasks, all pages', ask: async (a) => read(await a.tasks()) })
const spanOf = (from: string, to: string, read: (span: Span) => unknown): Answer => ({
  request: `GET /api/tasks/durations?from=${from}&to=${to}`,
  ask: async (a) => read(await a.span(from, to)),
})
const hours = (seconds: number): number => seconds / 3_600
/** Most first, ties by name. */
const ranked = (names: readonly string[]): Array<[string, number]> =>
  [...Map.groupBy(names, (name) => name)].map(([name, all]): [string, number] => [name, all.length]).toSorted(mostFirst)
const mostFirst = ([a, m]: readonly [string, number], [b, n]: readonly [string, number]): number => n - m || (a < b ? -1 : 1)
const countBy = (tasks: readonly Task[], name: (task: Task) => string): Record<string, number> => Object.fromEntries(ranked(tasks.map(name)))
const textOf = (task: Task, attribute: string): string => (typeof task.attributes[attribute] === 'string' ? task.attributes[attribute] : '')

const needChat = 'needs conversations and similar questions'

export const knownDataSets: Readonly<Record<string, KnownDataSet>> = {
  'wikipedia-reader-sessions': {
    files: [
      {
        file: 'session_dataset.csv',
        mapping: { ...noMapping, map: { user_id: 'uuid', event_timestamp: 'timestamp' }, set: { event_type: 'page_view' }, rest: 'metadata' },
      },
    ],
    answers: {
      events_total: total,
      users_total: users,
      events_total_exact_duplicates_removed: notYet('needs counting distinct rows'),
      events_per_day: byDay,
      unique_users_per_day: usersByDay,
      sessions_if_gap_of_exactly_1800s_also_splits: notYet('the other rule: Cairn splits at gaps strictly over 1,800 s'),
      sessions_30min: ofSessions('sessions', (s) => s.sessions),
      session_length_median_s: ofSessions('length.median_seconds', (s) => s.length.median_seconds),
      session_length_mean_s: ofSessions('length.mean_seconds', (s) => s.length.mean_seconds),
      session_length_median_s_multi_event: ofSessions('length.median_seconds_of_several', (s) => s.length.median_seconds_of_several),
      sessions_single_event: ofSessions('single_event_sessions', (s) => s.single_event_sessions),
      bounce_rate: ofSessions('bounce_rate', (s) => s.bounce_rate),
      events_per_session_mean: ofSessions('events_per_session.mean', (s) => s.events_per_session.mean),
      events_per_session_median: ofSessions('events_per_session.median', (s) => s.events_per_session.median),
      events_per_session_max: ofSessions('events_per_session.most', (s) => s.events_per_session.most),
      session_length_max_s: ofSessions('length.longest_seconds', (s) => s.length.longest_seconds),
      sessions_started_per_day: ofSessions('sessions_by_day', (s) => nonZero(s.sessions_by_day)),
      wau_7d_ending_2014_01_22: usersOf('2014-01-16', '2014-01-22'),
      retention_day1: retentionOn(1),
      retention_day7: retentionOn(7),
      top5_urls: {
        request: `${query} trends by metadata.url`,
        ask: async (a) =>
          (await valuesOf(a, 'metadata.url'))
            .filter(([url]) => url !== OTHER)
            .toSorted(mostFirst)
            .slice(0, 5),
      },
    },
    distinct: [],
  },
  'incident-management-uci': {
    files: [
      {
        file: 'incident_event_log.csv.gz',
        mapping: {
          ...noMapping,
          map: { user_id: 'sys_updated_by', event_timestamp: 'sys_updated_at', entity_id: 'number', seq: 'sys_mod_count' },
          set: { event_type: 'incident_updated', entity_type: 'incident' },
          types: {
            active: 'boolean',
            made_sla: 'boolean',
            knowledge: 'boolean',
            u_priority_confirmation: 'boolean',
            reassignment_count: 'number',
            reopen_count: 'number',
          },
          rest: 'metadata',
          missing: ['?'],
          time_format: 'D/M/YYYY H:MM',
        },
      },
    ],
    entities: { file: 'incident_event_log.csv.gz', tell: tellIncidents },
    answers: {
      rows_total: total,
      incidents_total: ofTasks((tasks) => tasks.length),
      assignees_total: distinctOf('metadata.assigned_to'),
      groups_total: distinctOf('metadata.assignment_group'),
      callers_total: distinctOf('metadata.caller_id'),
      rows_by_state: {
        request: `${query} trends by metadata.incident_state`,
        ask: async (a) => Object.fromEntries(await valuesOf(a, 'metadata.incident_state')),
      },
      rows_updated_per_day: byDay,
      incidents_opened_per_day: ofTasks((tasks) => countBy(tasks, (task) => textOf(task, 'opened_at').slice(0, 10))),
      case_duration_hours: spanOf('opened_at', 'closed_at', (s) => ({
        incidents: s.count,
        mean: hours(s.mean_seconds),
        median: hours(s.median_seconds),
        p90: hours(s.p90_seconds),
      })),
      resolution_duration_hours: spanOf('opened_at', 'resolved_at', (s) => ({
        incidents: s.count,
        mean: hours(s.mean_seconds),
        median: hours(s.median_seconds),
      })),
      incidents_per_assignee_top10: ofTasks((tasks) => ranked(tasks.flatMap(({ assignees }) => assignees)).slice(0, 10)),
      incidents_unassigned: ofTasks((tasks) => tasks.filter(({ assignees }) => assignees.length === 0).length),
      incidents_per_group_top10: ofTasks((tasks) => ranked(tasks.map((task) => textOf(task, 'group')).filter((group) => group !== '')).slice(0, 10)),
      incidents_by_priority: ofTasks((tasks) => countBy(tasks, (task) => textOf(task, 'priority'))),
      incidents_reopened: distinctOf('entity_id', isAbove('metadata.reopen_count')),
      incidents_reassigned: distinctOf('entity_id', isAbove('metadata.reassignment_count')),
      incidents_sla_missed: ofTasks((tasks) => tasks.filter((task) => textOf(task, 'made_sla') === 'false').length),
      funnel_New_Active_Resolved_Closed: funnelOf(['step1_new', 'step2_active', 'step3_resolved', 'step4_closed'], {
        by: 'entity',
        window: '9999d',
        steps: ['New', 'Active', 'Resolved', 'Closed'].map(inState),
      }),
      open_incidents_at: ofTasks((tasks) =>
        Object.fromEntries(
          ['2016-03-15', '2016-04-01', '2016-05-01'].map((day) => {
            const at = `${day}T00:00:00.000Z`
            return [`${day} 00:00`, tasks.filter((task) => textOf(task, 'opened_at') <= at && textOf(task, 'closed_at') > at).length]
          }),
        ),
      ),
      top10_state_transitions: {
        request: 'GET /api/tasks/transitions?field=status&repeats=true',
        ask: async (a) =>
          (await a.transitions())
            .map(({ from, to, count }): [string, number] => [`${from} > ${to}`, count])
            .toSorted(([a_, m], [b, n]) => n - m || (a_ < b ? -1 : 1))
            .slice(0, 10),
      },
    },
    distinct: [{ key: 'distinct sys_updated_by', file: 'incident_event_log.csv.gz', column: 'sys_updated_by', answer: users }],
  },
  'gamelaunch-retention': {
    files: [{ file: 'gamelaunch.csv', mapping: { ...noMapping, map: { user_id: 'userid', event_timestamp: 'eventDate', event_type: 'eventName' } } }],
    answers: {
      events_total: total,
      users_total: users,
      events_by_name: { request: `${analytics} → events_by_type`, ask: async (a) => (await a.analytics()).events_by_type },
      events_per_day: byDay,
      daily_active_users: usersByDay,
      new_users_per_day: { request: 'GET /api/people → first_seen', ask: firstSeenPerDay },
      retention_day1: retentionOn(1),
      retention_day3: retentionOn(3),
      retention_day7: retentionOn(7),
      retention_day14: retentionOn(14),
      retention_rolling_day7: notYet('counts a return on any day from the seventh on; Cairn counts those of each day'),
      cohort_table_first_7_cohorts_t0_to_t10: {
        request: `${query} retention by day, 10 periods`,
        ask: async (a) => {
          const { cohorts } = await a.ask('retention', { start: { any: true }, return: { any: true }, interval: 'day', periods: 10 })
          return cohorts.slice(0, 7).map(({ size, values }) => [size, ...values.slice(1)])
        },
      },
      funnel_newPlayer_then_gameStarted_within_7d: funnelOf(['step1_users', 'step2_users'], { steps: [{ event: 'newPlayer' }, { event: 'gameStarted' }] }),
      average_dau: {
        request: `${query} trends of unique_users by day, their mean`,
        ask: async (a) => mean(Object.values(await peopleEachDay(a))),
      },
      mau_30d_ending_2016_05_27: usersOf('2016-04-28', '2016-05-27'),
    },
    distinct: [],
  },
  banking77: {
    files: [],
    answers: {
      train_questions: notYet(needChat),
      test_questions: notYet(needChat),
      intents: notYet(needChat),
      train_questions_per_intent: notYet(needChat),
      tfidf_baseline: notYet(needChat),
    },
    distinct: [],
  },
}

async function firstSeenPerDay(a: Asker): Promise<Record<string, number>> {
  const days: Record<string, number> = {}
  for (const { first_seen: firstSeen } of await a.people()) days[firstSeen.slice(0, 10)] = (days[firstSeen.slice(0, 10)] ?? 0) + 1
  return days
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
