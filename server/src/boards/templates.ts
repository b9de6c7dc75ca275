import type { NewWidget, Template, TemplateName } from '@cairn/wire/api/boards'
import type { Question, Series } from '@cairn/wire/questions/question'

const total = (event: string, label: string): Series => ({ event, label, math: 'total' })
const users = (event: string, label: string): Series => ({ event, label, math: 'unique_users' })

type Shown = Pick<NewWidget, 'type' | 'title' | 'chart' | 'question' | 'text'>
const asked = (title: string, chart: NewWidget['chart'], question: Question): Shown => ({ type: 'question', title, ...(chart && { chart }), question })
const number = (title: string, series: Series): Shown => asked(title, 'number', { kind: 'trends', series: [series] })
const days = (title: string, chart: 'line' | 'area' | 'stacked_bar', ...series: Series[]): Shown =>
  asked(title, chart, { kind: 'trends', series, interval: 'day' })
const by = (title: string, series: Series, breakdown: string): Shown => asked(title, 'horizontal_bar', { kind: 'trends', series: [series], breakdown })
const funnel = (title: string, subject: 'person' | 'entity', window: string, ...steps: Array<[event: string, label: string]>): Shown =>
  asked(title, 'funnel', { kind: 'funnel', steps: steps.map(([event, label]) => ({ event, label })), window, order: 'ordered', by: subject })
const retention = (title: string, event: string): Shown =>
  asked(title, 'retention', { kind: 'retention', start: { event }, return: { event }, interval: 'week', periods: 4, mode: 'first_time' })

/** Rows from top to bottom, of equal widths. */
const template = (name: TemplateName, title: string, description: string, rows: ReadonlyArray<readonly [h: number, ...shown: Shown[]]>): Template => {
  let y = 0
  const widgets = rows.flatMap(([h, ...shown]) => {
    const w = Math.floor(12 / shown.length)
    const row = shown.map((one, index) => ({ ...one, x: index * w, y, w, h }))
    y += h
    return row
  })
  return { template: name, name: title, description, range: '30d', widgets }
}

const made: Record<TemplateName, Template> = {
  work_assistant: template('work_assistant', 'Work assistant', 'Who works with the assistant, on what, and whether its suggestions are taken.', [
    [
      2,
      number('People', users('session_started', 'People')),
      number('Projects made', total('project_created', 'Projects')),
      number('Subtasks done', total('project_subtask_completed', 'Subtasks')),
      number('Wizards asked', total('ai_wizard_started', 'Wizards')),
    ],
    [
      4,
      days('People by day', 'line', users('session_started', 'People')),
      days('Mail', 'area', total('email_opened', 'Opened'), total('email_replied', 'Answered')),
    ],
    [
      4,
      funnel(
        'From the wizard to a taken suggestion',
        'person',
        '1d',
        ['ai_wizard_started', 'Asked'],
        ['ai_wizard_completed', 'Answered'],
        ['ai_suggestion_accepted', 'Taken'],
      ),
      by('What the wizard is asked for', total('ai_wizard_started', 'Wizards'), 'metadata.kind'),
    ],
    [5, retention('Who comes back', 'session_started')],
  ]),
  task_manager: template('task_manager', 'Task manager', 'Tasks from assignment to completion, and why vendors give them back.', [
    [
      2,
      number('Assigned', total('task_assigned', 'Assigned')),
      number('Viewed', total('task_viewed', 'Viewed')),
      number('Completed', total('task_completed', 'Completed')),
      number('Rejected', total('task_rejected', 'Rejected')),
    ],
    [4, days('Tasks by day', 'line', total('task_assigned', 'Assigned'), total('task_completed', 'Completed'), total('task_rejected', 'Rejected'))],
    [
      4,
      funnel('From assignment to completion', 'entity', '30d', ['task_assigned', 'Assigned'], ['task_viewed', 'Viewed'], ['task_completed', 'Completed']),
      by('Why tasks are given back', total('task_rejected', 'Rejected'), 'metadata.reason'),
    ],
    [4, by('Completed by client', total('task_completed', 'Completed'), 'metadata.client'), days('Vendors at work', 'area', users('task_viewed', 'Vendors'))],
  ]),
  configurator: template('configurator', 'Configurator', 'From the first floor plan to the order, and which options are chosen.', [
    [
      2,
      number('Visitors', users('page_viewed', 'Visitors')),
      number('Quotes asked for', total('quote_requested', 'Quotes')),
      number('Orders', total('order_placed', 'Orders')),
      number('Revenue', { event: 'order_placed', label: 'Revenue', math: 'sum:metadata.revenue' }),
    ],
    [
      4,
      funnel(
        'From floor plan to order',
        'person',
        '30d',
        ['floorplan_viewed', 'Floor plan'],
        ['option_selected', 'Option'],
        ['price_viewed', 'Price'],
        ['quote_requested', 'Quote'],
        ['order_placed', 'Order'],
      ),
      by('Options chosen', total('option_selected', 'Options'), 'metadata.option'),
    ],
    [
      4,
      by('Floor plans', total('floorplan_viewed', 'Views'), 'metadata.floorplan'),
      days('Time to draw a step (90 %)', 'line', { event: 'configurator_rendered', label: 'ms', math: 'p90:duration_ms' }),
    ],
  ]),
  chatbot: template('chatbot', 'Documentation chatbot', 'What readers ask, what stays unanswered, and how answers are rated.', [
    [
      2,
      number('Readers', users('page_viewed', 'Readers')),
      number('Questions', total('chat_message_sent', 'Questions')),
      number('Answered', total('chat_answered', 'Answered')),
      number('Unanswered', total('chat_unanswered', 'Unanswered')),
    ],
    [4, days('Questions by day', 'stacked_bar', total('chat_answered', 'Answered'), total('chat_unanswered', 'Unanswered'))],
    [4, by('What is asked about', total('chat_message_sent', 'Questions'), 'metadata.topic'), by('Ratings', total('chat_rated', 'Ratings'), 'metadata.rating')],
    [
      4,
      days('Time to answer (90 %)', 'line', { event: 'chat_answered', label: 'ms', math: 'p90:duration_ms' }),
      by('Pages read', total('page_viewed', 'Views'), 'entity_id'),
    ],
  ]),
  sales: template('sales', 'Sales and calls', 'Leads, calls and contracts, by campaign and by team.', [
    [
      2,
      number('Leads', total('lead_created', 'Leads')),
      number('Calls', total('call_completed', 'Calls')),
      number('Contracts', total('deal_won', 'Contracts')),
      number('Revenue', { event: 'deal_won', label: 'Revenue', math: 'sum:metadata.revenue' }),
    ],
    [4, days('Calls and contracts by day', 'line', total('call_completed', 'Calls'), total('deal_won', 'Contracts'))],
    [
      4,
      by('Contracts by campaign', total('deal_won', 'Contracts'), 'metadata.campaign_id'),
      by('Calls by outcome', total('call_completed', 'Calls'), 'metadata.outcome'),
    ],
    [4, by('Calls by team', total('call_completed', 'Calls'), 'metadata.team'), by('Why there is no contract', total('deal_lost', 'Lost'), 'metadata.reason')],
  ]),
}

/** Dashboards to begin with, one for each kind of application, over the event types that the demo's applications send. */
export const templates: readonly Template[] = Object.values(made)

export const templateNamed = (name: TemplateName): Omit<Template, 'template'> => {
  const { template: _, ...board } = made[name]
  return board
}
