import Type, { type TSchema } from 'typebox'
import { Moment, Success, o, orNull, range, type Endpoint } from '../endpoint.ts'

const counts = {
  received: Type.Integer(),
  accepted: Type.Integer(),
  quarantined: Type.Integer(),
  not_recorded: Type.Integer(),
  stored: Type.Integer(),
  deduplicated: Type.Integer(),
  pending: Type.Integer(),
  damaged: Type.Integer(),
  gap: Type.Integer(),
  quarantined_by_reason: Type.Record(Type.String(), Type.Integer()),
  not_recorded_by_reason: Type.Record(Type.String(), Type.Integer()),
}
const Ledger = Type.Object({
  lines: Type.Array(Type.Object({ hour: o(Moment), day: o(Type.String()), key_id: Type.String(), tracker: Type.String(), source: Type.String(), ...counts })),
  total: Type.Object({ ...counts, missing: Type.Integer() }),
  capture_rate: orNull(Type.Number({ description: 'Received / emitted, by the running numbers of trackers; null where none were sent.' })),
  capture: Type.Array(
    Type.Object({
      day: Type.String(),
      tracker: Type.String(),
      emitted: Type.Integer(),
      received: Type.Integer(),
      missing: Type.Integer(),
      rate: Type.Number(),
    }),
    { description: 'By day of arrival and tracker, of events that were numbered.' },
  ),
  meta: Type.Object({
    from: Moment,
    to: Moment,
    timezone: Type.String(),
    exact: Type.Literal(true),
    deduplication_window_seconds: Type.Integer(),
    equations: Type.Array(Type.String()),
  }),
})

const partWith = <T extends Record<string, TSchema>>(details: T) =>
  Type.Object({
    status: Type.Enum(['ok', 'degraded', 'down']),
    lag_ms: Type.Integer(),
    message: o(Type.String()),
    remedy: o(Type.String()),
    ...details,
  })
const Health = Type.Object({
  status: Type.Enum(['ok', 'degraded', 'down']),
  version: Type.String(),
  parts: Type.Object({
    journal: partWith({
      backlog_bytes: Type.Integer(),
      deduplication_window_seconds: Type.Integer(),
      cut_at_start_bytes: Type.Integer({ description: 'What a crash left unfinished, and nobody was told was accepted.' }),
      detached_readers: o(Type.Array(Type.String())),
    }),
    loader: partWith({ damaged_records: o(Type.Integer()) }),
    store: partWith({ kind: Type.Enum(['embedded', 'clickhouse']), restarts: o(Type.Integer({ description: 'Of the embedded engine.' })) }),
    catalog: partWith({}),
    live: partWith({ connections: Type.Integer() }),
    jobs: partWith({
      running: Type.Integer({ description: 'On this node.' }),
      last_run_at: orNull(Moment),
      failing: Type.Array(Type.Object({ job: Type.String(), workspaces: Type.Integer() }), { description: 'Jobs whose last run failed or was cut off.' }),
    }),
    privacy: partWith({ overdue_deletions: Type.Integer() }),
  }),
})

const bytes = Type.Integer({ description: 'Bytes.' })
const System = Type.Object({
  version: Type.String(),
  node: Type.String({ description: 'Name of this node.' }),
  started_at: Moment,
  store: Type.Enum(['embedded', 'clickhouse']),
  catalog: Type.Enum(['sqlite', 'postgres']),
  memory: Type.Object({
    server_bytes: bytes,
    engine_bytes: orNull(bytes),
    planned_bytes: Type.Integer({ description: 'CAIRN_MEMORY.' }),
  }),
  disk: Type.Object({
    free_bytes: bytes,
    total_bytes: bytes,
    journal_bytes: bytes,
    journal_max_bytes: bytes,
    events_bytes: Type.Integer({ description: 'Of this workspace’s share of the event table, on disk and compressed; an estimate by its share of rows.' }),
    store_bytes: Type.Integer({ description: 'All tables of the event store, on disk.' }),
  }),
  events: Type.Object({
    stored: Type.Integer({ description: 'Of this workspace.' }),
    loaded_per_second: Type.Number({ description: 'Whole node, last minute.' }),
  }),
  engine_restarts: Type.Integer(),
  live_connections: Type.Integer(),
})

const Refusal = Type.Object({
  code: Type.String({ description: 'Error code, or why an event was quarantined or not recorded.' }),
  message: Type.String(),
  remedy: Type.String(),
  what: Type.Enum(['request', 'event'], { description: 'A request refused whole, or events of one that was taken.' }),
  count: Type.Integer(),
  last_at: Moment,
  key_prefix: orNull(Type.String({ description: 'First characters of the key that was sent.' })),
  origin: orNull(Type.String({ description: 'Page that sent it.' })),
})

const demo = Type.Object({
  state: Type.Enum(['absent', 'loading', 'ready', 'removing', 'failed']),
  workspace: Type.Literal('demo'),
  events: Type.Integer({ description: 'Sent so far.' }),
  events_total: Type.Integer(),
  message: o(Type.String()),
})

const Gate = Type.Object({
  name: Type.String(),
  figure: orNull(Type.Number({ description: 'null: nothing to measure yet.' })),
  needed: Type.Number(),
  met: Type.Boolean(),
})
const TrackingHealth = Type.Object({
  task_views_today: Type.Integer(),
  task_rejections_week: Type.Integer({ description: 'Of today and the six days before, as /api/tasks/summary?days=7 counts them.' }),
  tasks_active_24h: Type.Integer(),
  active_sessions: Type.Integer({ description: 'As /api/sessions/summary counts them.' }),
  sessions_week: Type.Integer({ description: 'Started today and on the six days before, as /api/sessions/summary counts them.' }),
  baselines: Type.Integer({ description: 'Figures of the last calculation.' }),
  streams: Type.Array(
    Type.Object({
      stream: Type.String(),
      rows: Type.Integer(),
      bytes: Type.Integer({ description: 'On disk, by the share of rows.' }),
      off: Type.Boolean(),
    }),
  ),
  capture_rate: orNull(Type.Number()),
  quarantined_week: Type.Integer(),
  pending_events: Type.Integer({ description: 'Acknowledged and not in the store yet.' }),
  ingest_lag_ms: Type.Integer({ description: 'At the least.' }),
  warnings: Type.Array(Type.Object({ code: Type.String(), message: Type.String() })),
})

export const operationsEndpoints = {
  ledger: {
    method: 'GET',
    path: '/api/ledger',
    access: 'read',
    summary: 'Delivery ledger: what was received and what became of it, by hour, key and tracker.',
    query: Type.Object({ ...range, by: o(Type.Enum(['hour', 'day', 'total'])) }),
    answer: Ledger,
  },
  refusals: {
    method: 'GET',
    path: '/api/refusals',
    access: 'read',
    summary: 'What was refused or not recorded in the last hour, with its remedy. Requests with an unknown key are shown to admins.',
    answer: Type.Object({ refusals: Type.Array(Refusal), next_cursor: Type.Null() }),
  },
  system: { method: 'GET', path: '/api/system', access: 'read', summary: 'Memory, disk and versions of the node that answers.', answer: System },
  getDemo: { method: 'GET', path: '/api/demo', access: 'user', summary: 'Whether the demo workspace is there.', answer: demo },
  loadDemo: {
    method: 'POST',
    path: '/api/demo',
    access: 'user',
    summary: 'Make the workspace `demo` with a month of events of five applications; for whoever is owner or admin of a workspace.',
    answer: demo,
  },
  removeDemo: { method: 'DELETE', path: '/api/demo', access: 'user', summary: 'Remove the demo workspace without trace; for its owner.', answer: demo },
  listLiveConnections: {
    method: 'GET',
    path: '/api/live/connections',
    access: 'read',
    role: 'admin',
    summary: 'Who watches this workspace live.',
    answer: Type.Object({
      connections: Type.Array(
        Type.Object({
          id: Type.String(),
          actor: Type.String({ description: 'E-mail of the user, name of the key.' }),
          since: Moment,
          subscriptions: Type.Integer(),
          sent: Type.Integer(),
          missed: Type.Integer({ description: 'Events it was too slow for.' }),
        }),
      ),
      next_cursor: Type.Null(),
    }),
  },
  closeLiveConnection: { method: 'DELETE', path: '/api/live/connections/:id', access: 'manage', summary: 'End a live connection.', answer: Success },
  trackingHealth: {
    method: 'GET',
    path: '/api/health/tracking',
    access: 'read',
    summary: 'Whether tracking works: what came in, and what usually comes in and did not.',
    answer: TrackingHealth,
  },
  readiness: {
    method: 'GET',
    path: '/api/health/readiness',
    access: 'read',
    summary: 'Whether there is enough for an AI to learn from: each gate with its figure.',
    answer: Type.Object({ ready: Type.Boolean(), gates: Type.Array(Gate), phase0: Type.Object({ ready: Type.Boolean(), gates: Type.Array(Gate) }) }),
  },
  health: { method: 'GET', path: '/api/health', access: 'open', summary: 'Whether each part works, how far it lags, and what to do.', answer: Health },
  ready: { method: 'GET', path: '/api/ready', access: 'open', summary: '200 once requests can be taken.', answer: Type.Object({ ready: Type.Boolean() }) },
  metrics: { method: 'GET', path: '/api/metrics', access: 'local', summary: 'Prometheus text.', answer: Type.String() },
} as const satisfies Record<string, Endpoint>
