import Type, { type TSchema } from 'typebox'
import { Moment, Success, id, listOf, notRecorded, o, orNull, page, range, strict, text, type Endpoint } from '../endpoint.ts'

const When = o(
  Type.Union([Type.String({ maxLength: 64 }), Type.Number()], {
    description: 'When it was so: ISO 8601 with offset, or milliseconds since 1970. Now, where absent.',
  }),
)
/** Of every write: a repetition under the same event_id, or header Idempotency-Key, counts once. */
const written = {
  event_id: o(Type.String({ maxLength: 255, description: 'Makes a repetition known; as the header Idempotency-Key does.' })),
  occurred_at: When,
  timestamp: When,
  sent_at: When,
}
const attributes = Type.Object({}, { description: 'Free JSON by name, at most 32 KB. Null takes an attribute away.' })
const assignees = Type.Array(id('A user_id.'), { maxItems: 1_000, description: 'Who is assigned: these, and nobody else.' })

const Assignment = Type.Object({
  user_id: Type.String(),
  assigned_at: Moment,
  unassigned_at: orNull(Moment),
  why: orNull(Type.Enum(['rejected', 'replaced', 'deleted'])),
})
const Entity = Type.Object({
  entity_type: Type.String(),
  entity_id: Type.String(),
  attributes: Type.Record(Type.String(), Type.Unknown()),
  assignees: Type.Array(Type.String()),
  created_at: Moment,
  updated_at: Moment,
})
const WholeEntity = Type.Object({ ...Entity.properties, assignments: Type.Array(Assignment) })
const answer = Type.Object({ success: Type.Boolean(), entity: Entity })

const Rejection = Type.Object({
  entity_type: Type.String(),
  entity_id: Type.String(),
  title: orNull(Type.String()),
  user_id: Type.String(),
  reason: orNull(Type.String()),
  rejection_note: orNull(Type.String()),
  rejected_at: Moment,
})

const Engaged = Type.Object({
  user_id: Type.String(),
  assigned_at: Moment,
  unassigned_at: orNull(Moment),
  first_viewed_at: orNull(Moment),
  last_viewed_at: orNull(Moment),
  view_count: Type.Integer(),
  view_seconds: Type.Number(),
  last_activity_at: orNull(Moment),
  hours_since_activity: orNull(Type.Number()),
  comments: Type.Integer(),
  rejected_at: orNull(Moment),
  reason: orNull(Type.String()),
})

const Span = Type.Object({
  group: orNull(Type.String()),
  count: Type.Integer(),
  median_seconds: orNull(Type.Number()),
  p90_seconds: orNull(Type.Number()),
  mean_seconds: orNull(Type.Number()),
})

const Notification = Type.Object({
  id: Type.String(),
  user_id: Type.String(),
  kind: Type.String(),
  entity_type: Type.String(),
  entity_id: Type.String(),
  data: Type.Record(Type.String(), Type.Unknown()),
  created_at: Moment,
  read_at: orNull(Moment),
})

const Unopened = Type.Object({
  entity_type: Type.String(),
  entity_id: Type.String(),
  title: orNull(Type.String()),
  project_id: orNull(Type.String()),
  user_id: Type.String(),
  assigned_at: Moment,
  hours_since_assigned: Type.Number(),
})
/** A list is named for what it holds. */
const things = <T extends TSchema>(item: T) =>
  Type.Object({ tasks: o(Type.Array(item, { description: 'Where the type is task.' })), entities: o(Type.Array(item)), next_cursor: orNull(Type.String()) })

/** What is said of an entity stands in `attributes`: a field that is none of these would be lost, and is refused. */
const saying = Type.Object({ attributes: o(attributes), assignees: o(assignees), ...written }, strict)

const write = <T extends Record<string, TSchema>>(fields: T) => Type.Object({ ...fields, ...written })

/**
 * `/api/tasks/…` is `/api/entities/task/…`: both are served.
 */
export const entityEndpoints = {
  putEntity: {
    method: 'PUT',
    path: '/api/entities/:entity_type/:entity_id',
    access: 'manage',
    role: 'analyst',
    summary: 'Say all attributes of an entity, and who is assigned.',
    body: saying,
    answer,
  },
  patchEntity: {
    method: 'PATCH',
    path: '/api/entities/:entity_type/:entity_id',
    access: 'manage',
    role: 'analyst',
    summary: 'Say some attributes of an entity; the others stay.',
    body: saying,
    answer,
  },
  getEntity: {
    method: 'GET',
    path: '/api/entities/:entity_type/:entity_id',
    access: 'read',
    summary: 'An entity, and from when to when who was assigned.',
    answer: WholeEntity,
  },
  deleteEntity: {
    method: 'DELETE',
    path: '/api/entities/:entity_type/:entity_id',
    access: 'manage',
    role: 'analyst',
    summary: 'The entity is gone, and nobody is assigned any more; its events stay.',
    answer: Success,
  },
  putEntities: {
    method: 'POST',
    path: '/api/entities/batch',
    access: 'manage',
    role: 'analyst',
    summary: 'Say something of up to 1,000 entities.',
    body: Type.Object({
      entities: Type.Array(Type.Unknown(), {
        maxItems: 1_000,
        description: 'Each as the body of PUT, with entity_type and entity_id; "merge": true as that of PATCH.',
      }),
    }),
    answer: Type.Object({
      success: Type.Boolean(),
      accepted: Type.Integer(),
      rejected: Type.Array(Type.Object({ index: Type.Integer(), code: Type.String(), message: Type.String() })),
    }),
  },
  listEntities: {
    method: 'GET',
    path: '/api/entities/:entity_type',
    access: 'read',
    summary: 'Entities of a type, latest change first.',
    query: Type.Object({ assignee: o(text('')), project_id: o(text('')), status: o(text('')), search: o(text('In the title or id.')), ...page }),
    answer: things(Entity),
  },
  entitySummary: {
    method: 'GET',
    path: '/api/entities/:entity_type/summary',
    access: 'read',
    summary: 'How many there are by status, how many are not opened, how long opening takes, and why they are turned down. Default 30 days.',
    query: Type.Object(range),
    answer: Type.Object({
      entity_type: Type.String(),
      count: Type.Integer({ description: 'Those there are now, whatever the range.' }),
      by_status: Type.Record(Type.String(), Type.Integer(), { description: 'Most first; without a status under (none).' }),
      unopened: Type.Integer({ description: 'Assignments of more than 24 hours that were never viewed, as /unopened lists them.' }),
      opened: Type.Object(
        { count: Type.Integer(), median_seconds: orNull(Type.Number()) },
        { description: 'Assignments of the range whose assignee has viewed it, and the time from the one to the first view of the other.' },
      ),
      rejections: Type.Object(
        { count: Type.Integer(), by_reason: Type.Record(Type.String(), Type.Integer()) },
        { description: 'Of the range; without a reason under (none).' },
      ),
      meta: Type.Object({ from: Moment, to: Moment, timezone: Type.String() }),
    }),
  },
  assign: {
    method: 'PUT',
    path: '/api/entities/:entity_type/:entity_id/assignees/:user_id',
    access: 'manage',
    role: 'analyst',
    summary: 'Assign somebody.',
    body: write({}),
    answer,
  },
  unassign: {
    method: 'DELETE',
    path: '/api/entities/:entity_type/:entity_id/assignees/:user_id',
    access: 'manage',
    role: 'analyst',
    summary: 'Take an assignment back.',
    answer,
  },
  trackView: {
    method: 'POST',
    path: '/api/entities/:entity_type/:entity_id/track-view',
    access: 'person',
    writeKey: true,
    summary: 'Somebody opened it. Told again with the same view_id it is the same view, and its duration the later one.',
    body: write({
      user_id: o(id('Who; the person themselves where it is asked with their token.')),
      view_duration_seconds: o(Type.Number({ minimum: 0, maximum: 31_536_000 })),
      view_id: o(Type.String({ format: 'uuid', description: 'Made by the caller, or returned.' })),
      session_id: o(text('')),
      metadata: o(Type.Object({})),
    }),
    answer: Type.Object({ success: Type.Boolean(), message: o(Type.String()), view_id: o(Type.String()), ...notRecorded }),
  },
  trackActivity: {
    method: 'POST',
    path: '/api/entities/:entity_type/:entity_id/activity',
    access: 'person',
    writeKey: true,
    summary: 'Somebody did something with it.',
    body: write({
      user_id: o(id('Who; the person themselves where it is asked with their token.')),
      action: o(Type.String({ minLength: 1, maxLength: 90, description: 'What: updated, commented, deliverable_added … Default active.' })),
      session_id: o(text('')),
      metadata: o(Type.Object({})),
    }),
    answer: Type.Object({ success: Type.Boolean(), message: o(Type.String()), event_id: o(Type.String()), ...notRecorded }),
  },
  reject: {
    method: 'POST',
    path: '/api/entities/:entity_type/:entity_id/reject',
    access: 'person',
    summary: 'An assignee turns it down, and is not assigned any more. Reasons offered: workload, too_busy, not_my_skill, unclear, conflict, other.',
    body: write({
      user_id: o(id('Who; the person themselves where it is asked with their token.')),
      reason: o(text('One of those offered, or free text.')),
      rejection_note: o(text('', 1_000)),
      session_id: o(text('')),
    }),
    answer: Type.Object({ success: Type.Boolean(), data: Type.Array(Type.Unknown()), message: Type.String() }),
  },
  listRejections: {
    method: 'GET',
    path: '/api/entities/:entity_type/:entity_id/rejections',
    access: 'read',
    summary: 'Who has turned it down, latest first.',
    answer: Type.Object({ rejections: Type.Array(Rejection), next_cursor: Type.Null() }),
  },
  userRejections: {
    method: 'GET',
    path: '/api/users/:user_id/rejections',
    access: 'read',
    summary: 'What somebody has turned down, latest first. Default 30 days.',
    query: Type.Object({ ...range, entity_type: o(text('Default task.', 100)) }),
    answer: Type.Object({
      user_id: Type.String(),
      count: Type.Integer(),
      by_reason: Type.Record(Type.String(), Type.Integer()),
      rejections: Type.Array(Rejection),
      next_cursor: Type.Null(),
    }),
  },
  engagement: {
    method: 'GET',
    path: '/api/entities/:entity_type/:entity_id/engagement',
    access: 'read',
    summary: 'What each assignee has done with it, and who has not opened it.',
    answer: Type.Object({
      entity_type: Type.String(),
      entity_id: Type.String(),
      engagement: Type.Array(Engaged),
      viewed_by: Type.Array(Type.String()),
      not_viewed_by: Type.Array(Type.String()),
      not_tracked: Type.Array(Type.String()),
    }),
  },
  unopened: {
    method: 'GET',
    path: '/api/entities/:entity_type/unopened',
    access: 'read',
    summary: 'Assigned and never viewed by the assignee, longest first.',
    query: Type.Object({
      older_than_hours: o(Type.Number({ minimum: 0, maximum: 876_000, description: 'Assigned before so many hours. Default 24.' })),
      assignee: o(text('')),
      project_id: o(text('')),
      ...page,
    }),
    answer: things(Unopened),
  },
  hasViewed: {
    method: 'GET',
    path: '/api/users/:user_id/has-viewed',
    access: 'read',
    summary: 'Whether somebody has ever opened it, and when first.',
    query: Type.Object({ entity_type: o(text('Default task.', 100)), entity_id: id('') }),
    answer: Type.Object({ has_viewed: Type.Boolean(), first_viewed_at: orNull(Moment), view_count: Type.Integer() }),
  },
  commentTrend: {
    method: 'GET',
    path: '/api/entities/:entity_type/:entity_id/comments/trend',
    access: 'read',
    summary: 'Comments by day. Default 30 days.',
    query: Type.Object(range),
    answer: Type.Object({ total: Type.Integer(), comments_by_day: Type.Record(Type.String(), Type.Integer()) }),
  },
  durations: {
    method: 'GET',
    path: '/api/entities/:entity_type/durations',
    access: 'read',
    summary: 'How long from one attribute that is a time to another: count, median, 90th percentile and mean, all and by group.',
    query: Type.Object({
      from: id('Attribute, for example opened_at.'),
      to: id('Attribute, for example closed_at.'),
      by: o(text('Attribute to group by.')),
    }),
    answer: Type.Object({ total: Span, groups: Type.Array(Span) }),
  },
  transitions: {
    method: 'GET',
    path: '/api/entities/:entity_type/transitions',
    access: 'read',
    summary: 'Which value followed which, how often, and after how long.',
    query: Type.Object({
      field: o(text('Default status.')),
      repeats: o(Type.Boolean({ description: 'Also where the same value was said again.' })),
      entity_id: o(text('Of this one only.')),
    }),
    answer: Type.Object({
      field: Type.String(),
      transitions: Type.Array(Type.Object({ from: Type.String(), to: Type.String(), count: Type.Integer(), median_seconds: Type.Number() })),
    }),
  },
  listNotifications: {
    method: 'GET',
    path: '/api/notifications',
    access: 'person',
    role: 'viewer',
    summary: 'What somebody is told, latest first.',
    query: Type.Object({
      user_id: o(id('Whose; the person’s own where it is asked with their token.')),
      unread: o(Type.Boolean({ description: 'Only what is not read yet.' })),
      ...page,
    }),
    answer: listOf('notifications', Notification),
  },
  readNotification: {
    method: 'POST',
    path: '/api/notifications/:id/read',
    access: 'person',
    summary: 'It was read.',
    answer: Success,
  },
} as const satisfies Record<string, Endpoint>
