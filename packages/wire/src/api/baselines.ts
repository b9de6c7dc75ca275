import Type from 'typebox'
import { Moment, listOf, o, orNull, page, text, type Endpoint } from '../endpoint.ts'

const group = orNull(Type.String({ description: 'null: all.' }))
const Baseline = Type.Object({
  metric_name: Type.String({ description: 'avg_duration_days, avg_task_count, avg_tasks_per_day, avg_task_duration_days.' }),
  metric_value: Type.Number({ description: 'The mean.' }),
  median: Type.Number(),
  p25: Type.Number(),
  p75: Type.Number(),
  standard_deviation: Type.Number(),
  sample_size: Type.Integer({ description: 'Projects (tasks) that entered the figure.' }),
  project_type: group,
  client_id: group,
  task_type: group,
  calculated_at: Moment,
  fallback: Type.Boolean({ description: 'The group asked for has under 5 samples: this is a wider one.' }),
})

const Figure = Type.Object({
  metric_name: Type.String(),
  value: orNull(Type.Number()),
  expected: orNull(Type.Object({ low: Type.Number(), high: Type.Number(), median: Type.Number(), mean: Type.Number(), sample_size: Type.Integer() })),
  group: orNull(Type.Object({ project_type: group, client_id: group })),
  fallback: Type.Boolean(),
  outside: orNull(Type.Enum(['no', 'below', 'above'])),
})
const Project = Type.Object({
  project_id: Type.String(),
  title: orNull(Type.String()),
  status: orNull(Type.String()),
  project_type: orNull(Type.String()),
  client_id: orNull(Type.String()),
  updated_at: Moment,
  figures: Type.Array(Figure, { description: 'expected is null as long as nothing was calculated.' }),
})

export const baselineEndpoints = {
  listBaselines: {
    method: 'GET',
    path: '/api/baselines',
    access: 'read',
    summary: 'What completed projects came to, as calculated last.',
    query: Type.Object({
      metric_name: o(text('', 100)),
      project_type: o(text('Attribute type of the projects.')),
      client_id: o(text('')),
      task_type: o(text('For avg_task_duration_days.')),
      history: o(Type.Boolean({ description: 'Every calculation of exactly this group, newest first.' })),
    }),
    answer: Type.Object({ baselines: Type.Array(Baseline), next_cursor: Type.Null() }),
  },
  listAgainstBaseline: {
    method: 'GET',
    path: '/api/projects/against-baseline',
    access: 'read',
    summary: 'Projects, latest change first, each with its figures so far and the expected range.',
    query: Type.Object({ status: o(text('')), search: o(text('In the title or id.')), ...page }),
    answer: Type.Object({
      ...listOf('projects', Project).properties,
      calculated_at: orNull(Type.String({ description: 'When what is usual was calculated last; null: never.' })),
    }),
  },
  againstBaseline: {
    method: 'GET',
    path: '/api/projects/:project_id/against-baseline',
    access: 'read',
    summary: 'A project’s figures so far, the expected range, and which are outside it.',
    answer: Type.Object({
      project_id: Type.String(),
      figures: Type.Array(Figure),
    }),
  },
} as const satisfies Record<string, Endpoint>
