import Type from 'typebox'
import { Moment, flag, listOf, orNull, page, type Endpoint } from '../endpoint.ts'

const Run = Type.Object({
  id: Type.String(),
  state: Type.Enum(['running', 'done', 'failed', 'cut_off'], { description: 'cut_off: its node was stopped or died.' }),
  due_at: orNull(Type.String({ description: 'ISO 8601, UTC. null: somebody asked for it.' })),
  started_at: Moment,
  finished_at: orNull(Moment),
  duration_seconds: orNull(Type.Number()),
  result: orNull(Type.Record(Type.String(), Type.Unknown())),
  message: orNull(Type.String({ description: 'Why it is not done.' })),
  node: Type.String({ description: 'Name of the node that ran it.' }),
})

const Job = Type.Object({
  name: Type.String(),
  about: Type.String(),
  of: Type.Enum(['workspace', 'server'], { description: 'server: once for all workspaces.' }),
  schedule: Type.String({ description: 'Cron expression: minute, hour, day, month, day of the week.' }),
  timezone: Type.String({ description: 'In which it is read: that of the workspace; UTC for jobs of the server.' }),
  running: Type.Boolean(),
  last_run: orNull(Run),
  next_run_at: Moment,
})

export const jobEndpoints = {
  listJobs: {
    method: 'GET',
    path: '/api/jobs',
    access: 'read',
    summary: 'Jobs, each with its schedule, last and next run.',
    answer: Type.Object({ jobs: Type.Array(Job), next_cursor: Type.Null() }),
  },
  listJobRuns: {
    method: 'GET',
    path: '/api/jobs/:name/runs',
    access: 'read',
    summary: 'Runs of a job, newest first; the last 200 are kept.',
    query: Type.Object(page),
    answer: listOf('runs', Run),
  },
  runJob: {
    method: 'POST',
    path: '/api/jobs/:name/run',
    access: 'manage',
    summary: 'Run a job now. 409 while it runs.',
    query: Type.Object({ wait: flag('Answer when it has ended, instead of when it has begun.') }),
    answer: Type.Object({ success: Type.Boolean(), run: Run }),
  },
} as const satisfies Record<string, Endpoint>
