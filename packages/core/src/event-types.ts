import { categoryOf } from './event.ts'

/**
 * The types that applications of this kind share. Category and action are the parts before and after the first `_`, as the server splits them,
 * but for what happens to the page itself, which is `navigation`.
 */
const names = [
  'project_created',
  'project_opened',
  'project_updated',
  'project_completed',
  'project_deleted',
  'project_subtask_completed',
  'goal_created',
  'goal_completed',
  'email_opened',
  'email_replied',
  'email_archived',
  'email_feedback_given',
  'calendar_event_opened',
  'calendar_event_created',
  'calendar_view_changed',
  'standup_completed',
  'ai_wizard_started',
  'ai_wizard_completed',
  'ai_suggestion_accepted',
  'ai_suggestion_dismissed',
  'modal_opened',
  'page_viewed',
  'search_performed',
  'session_started',
  'session_ended',
  'task_viewed',
  'task_rejected',
  'task_assigned',
  'task_unassigned',
  'task_commented',
  'task_updated',
  'task_status_changed',
  'task_deliverable_added',
  'task_completed',
] as const

export type EventType = (typeof names)[number]
type Constants<N extends string> = { readonly [K in N as Uppercase<K>]: K }

/** A host's own types in the same form: `defineEventTypes(['order_placed']).ORDER_PLACED === 'order_placed'`. */
export const defineEventTypes = <const N extends string>(own: readonly N[]): Constants<N> =>
  Object.fromEntries(own.map((name) => [name.toUpperCase(), name])) as Constants<N>

/** `EVENT_TYPES.PROJECT_CREATED === 'project_created'`. */
export const EVENT_TYPES = /* @__PURE__ */ defineEventTypes(names)

/** What each shared type is counted under. */
export const EVENT_TABLE: Readonly<Record<EventType, { category: string; action: string }>> = /* @__PURE__ */ table()

function table(): Record<EventType, { category: string; action: string }> {
  const rows = names.map((name) => {
    const [first = '', ...rest] = name.split('_')
    return [name, { category: categoryOf(name) ?? first, action: rest.join('_') }]
  })
  return Object.fromEntries(rows) as Record<EventType, { category: string; action: string }>
}
