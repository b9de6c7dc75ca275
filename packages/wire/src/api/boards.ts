import Type, { type Static, type TSchema } from 'typebox'
import { Moment, Success, id, listOf, o, orNull, page, strict, text, type Endpoint } from '../endpoint.ts'
import { answerSchema, rangeProperties, type Filter, type Question } from '../questions/question.ts'
import { comparisons, rangeNames } from '../questions/vocabulary.ts'
import type { CohortDefinition } from './cohort.ts'

/** What has a schema of its own, against which server/src/boards/within.ts holds it: here it would stand in a dozen places, each as long as a book. */
const within = <T>(description: string) => Type.Unsafe<T>({ type: 'object', description })
const question = within<Question>('A body of POST /api/query.')
const filters = Type.Unsafe<Filter[]>({ type: 'array', maxItems: 50, description: 'As those of POST /api/query; all of them hold.' })
const definition = within<CohortDefinition>('{"all": […]} or {"any": […]} of rules about what people did, did not do, and are; docs/boards.md says which.')
const Range = Type.Union([
  Type.Enum(rangeNames),
  Type.Object({ from: text('First day (inclusive) or moment.', 40), to: text('Last day (inclusive) or moment (exclusive).', 40) }, strict),
])

const name = Type.String({ minLength: 1, maxLength: 255 })
const description = o(text('', 2_000))
const version = Type.Integer({ minimum: 1, description: 'The one that was read; 409 with the newer one where somebody else was faster.' })
/** What is told of everything that is saved. */
const life = {
  version: Type.Integer({ description: 'Raised by each change.' }),
  created_by: Type.String({ description: 'E-mail of the user, name of the key.' }),
  created_at: Moment,
  updated_by: Type.String(),
  updated_at: Moment,
}

const insight = { name, description, question }
const cohort = {
  name,
  description,
  type: Type.Enum(['live', 'static'], { description: 'static: who belongs to it is decided when it is made, and stays.' }),
  definition,
}
const annotation = {
  name,
  description,
  at: text('When: ISO 8601 with offset.', 40),
  until: o(text('Where it lasted: when it was over.', 40)),
}

export const COLUMNS = 12
const at = (description: string, minimum: number, maximum: number) => Type.Integer({ minimum, maximum, description })
/** Where on the grid; x + w is at most 12. */
const Place = { x: at('Column, from 0.', 0, COLUMNS - 1), y: at('Row, from 0.', 0, 1_000), w: at('Columns.', 1, COLUMNS), h: at('Rows.', 1, 100) }
const charts = [
  ...['line', 'area', 'bar', 'stacked_bar', 'horizontal_bar', 'number', 'table', 'pie', 'funnel', 'retention', 'paths', 'hours', 'histogram', 'scatter'],
] as const
const shown = {
  type: Type.Enum(['insight', 'question', 'text', 'live']),
  title: o(text('')),
  chart: o(Type.Enum([...charts])),
  insight_id: o(id('Of type insight.')),
  question: o(question),
  text: o(text('Of type text.', 10_000)),
}
const NewWidget = Type.Object(
  { ...shown, x: o(Place.x), y: o(Place.y), w: o(Place.w), h: o(Place.h) },
  { ...strict, description: 'Without a place it stands below the others, half as wide as the grid.' },
)
export type NewWidget = Static<typeof NewWidget>
const Widget = Type.Object({ id: Type.String(), ...shown, ...Place, ...life })
export type Widget = Static<typeof Widget>

const board = {
  name,
  description,
  visibility: o(Type.Enum(['private', 'workspace'], { description: 'private: for whoever made it alone. Default workspace.' })),
  filters: o(filters),
  range: o(orNull(Range)),
  compare: o(orNull(Type.Enum([...comparisons]))),
  refresh_seconds: o(orNull(Type.Integer({ minimum: 10, maximum: 86_400, description: 'How often it is asked anew; null: never.' }))),
}
const Board = Type.Object({
  name,
  description: Type.String(),
  visibility: Type.Enum(['private', 'workspace']),
  filters,
  range: orNull(Range),
  compare: orNull(Type.Enum([...comparisons])),
  refresh_seconds: orNull(Type.Integer()),
  widgets: Type.Array(Widget),
})
const widgets = o(Type.Array(Type.Object({ id: o(Type.String({ format: 'uuid' })), ...NewWidget.properties }, strict), { maxItems: 100 }))
const BoardBody = Type.Object({ ...board, widgets })
export type BoardBody = Static<typeof BoardBody>

export const templateNames = ['work_assistant', 'task_manager', 'configurator', 'chatbot', 'sales'] as const
export type TemplateName = (typeof templateNames)[number]
const Template = Type.Object({
  template: Type.Enum([...templateNames]),
  name,
  description: Type.String(),
  range: Range,
  widgets: Type.Array(Type.Object({ ...shown, ...Place })),
})
export type Template = Static<typeof Template>

const Insight = Type.Object({ name, description: Type.String(), question })
const Cohort = Type.Object({ ...cohort, description: Type.String() })
const Annotation = Type.Object({ name, description: Type.String(), at: Moment, until: orNull(Moment) })
/** What is saved of each kind, as it is answered beside `life`. */
export interface Contents {
  insight: Static<typeof Insight>
  cohort: Static<typeof Cohort>
  annotation: Static<typeof Annotation>
  dashboard: Static<typeof Board>
}

const Share = Type.Object({
  id: Type.String(),
  can_embed: Type.Boolean(),
  created_by: Type.String(),
  created_at: Moment,
  expires_at: orNull(Moment),
})
const { range, compare, refresh_seconds } = Board.properties
const Shared = Type.Object({
  name,
  description: Type.String(),
  filters,
  range,
  compare,
  refresh_seconds,
  can_embed: Type.Boolean(),
  widgets: Type.Array(
    Type.Object({ id: Type.String(), type: Type.Enum(['question', 'text']), title: o(text('')), chart: shown.chart, text: shown.text, ...Place }),
  ),
})
export type Shared = Static<typeof Shared>

const SavedInsight = Type.Object({ id: Type.String(), ...Insight.properties, ...life })
const SavedCohort = Type.Object({ id: Type.String(), ...Cohort.properties, ...life })
const SavedAnnotation = Type.Object({ id: Type.String(), ...Annotation.properties, ...life })
const { widgets: _, ...listedBoard } = Board.properties
const ListedBoard = Type.Object({ id: Type.String(), ...listedBoard, ...life })
const SavedBoard = Type.Object({ id: Type.String(), ...Board.properties, ...life })
const searched = { search: o(text('In the name.')), ...page }

/** The six things that are done with everything that is saved. */
const lifeOf = <P extends string, N extends string, C extends TSchema, R extends TSchema, Q extends TSchema, L extends TSchema, W extends TSchema>(of: {
  path: P
  plural: N
  one: string
  query: Q
  create: C
  replace: R
  listed: L
  whole: W
}) =>
  ({
    list: { method: 'GET', path: of.path, access: 'read', summary: `Saved ${of.plural}.`, query: of.query, answer: listOf(of.plural, of.listed) },
    create: { method: 'POST', path: of.path, access: 'manage', role: 'analyst', summary: `Save ${of.one}.`, body: of.create, answer: of.whole },
    read: { method: 'GET', path: `${of.path}/:id`, access: 'read', summary: `Read ${of.one}.`, answer: of.whole },
    replace: {
      method: 'PUT',
      path: `${of.path}/:id`,
      access: 'manage',
      role: 'analyst',
      summary: `Say all of ${of.one} anew.`,
      body: of.replace,
      answer: of.whole,
    },
    remove: { method: 'DELETE', path: `${of.path}/:id`, access: 'manage', role: 'analyst', summary: `Remove ${of.one} and its history.`, answer: Success },
    versions: {
      method: 'GET',
      path: `${of.path}/:id/versions`,
      access: 'read',
      summary: `How ${of.one} was, newest first; the last 100 versions are kept.`,
      query: Type.Object(page),
      answer: listOf('versions', of.whole),
    },
  }) as const

const insights = lifeOf({
  path: '/api/insights',
  plural: 'insights',
  one: 'an insight',
  query: Type.Object(searched),
  create: Type.Object(insight, strict),
  replace: Type.Object({ ...insight, version }, strict),
  listed: SavedInsight,
  whole: SavedInsight,
})
const cohorts = lifeOf({
  path: '/api/cohorts',
  plural: 'cohorts',
  one: 'a cohort',
  query: Type.Object(searched),
  create: Type.Object(cohort, strict),
  replace: Type.Object({ ...cohort, version }, strict),
  listed: SavedCohort,
  whole: SavedCohort,
})
const annotations = lifeOf({
  path: '/api/annotations',
  plural: 'annotations',
  one: 'an annotation',
  query: Type.Object({ from: o(text('Those that touch what is after this day or moment.', 40)), to: o(text('… and before this one.', 40)), ...searched }),
  create: Type.Object(annotation, strict),
  replace: Type.Object({ ...annotation, version }, strict),
  listed: SavedAnnotation,
  whole: SavedAnnotation,
})
const dashboards = lifeOf({
  path: '/api/dashboards',
  plural: 'dashboards',
  one: 'a dashboard',
  query: Type.Object(searched),
  create: Type.Object(
    { ...board, name: o(name), widgets, template: o(Type.Enum([...templateNames], { description: 'What is not said is as in this template.' })) },
    strict,
  ),
  replace: Type.Object({ ...board, widgets, version }, { ...strict, description: 'Without widgets those there are stay.' }),
  listed: ListedBoard,
  whole: SavedBoard,
})
const widget = '/api/dashboards/:id/widgets/:widget_id'
const analyst = { access: 'manage', role: 'analyst' } as const

/** What analysts save: insights, dashboards and their widgets, cohorts, annotations; and links by which others see a dashboard. */
export const boardEndpoints = {
  listInsights: insights.list,
  createInsight: insights.create,
  getInsight: insights.read,
  putInsight: insights.replace,
  deleteInsight: insights.remove,
  insightVersions: insights.versions,
  listCohorts: cohorts.list,
  createCohort: cohorts.create,
  getCohort: cohorts.read,
  putCohort: cohorts.replace,
  deleteCohort: cohorts.remove,
  cohortVersions: cohorts.versions,
  listAnnotations: annotations.list,
  createAnnotation: annotations.create,
  getAnnotation: annotations.read,
  putAnnotation: annotations.replace,
  deleteAnnotation: annotations.remove,
  annotationVersions: annotations.versions,
  listDashboards: dashboards.list,
  createDashboard: dashboards.create,
  getDashboard: dashboards.read,
  putDashboard: dashboards.replace,
  deleteDashboard: dashboards.remove,
  dashboardVersions: dashboards.versions,
  listTemplates: {
    method: 'GET',
    path: '/api/dashboards/templates',
    access: 'read',
    summary: 'Dashboards to begin with, one for each kind of application.',
    answer: Type.Object({ templates: Type.Array(Template), next_cursor: Type.Null() }),
  },
  listWidgets: {
    method: 'GET',
    path: '/api/dashboards/:id/widgets',
    access: 'read',
    summary: 'Widgets of a dashboard.',
    answer: Type.Object({ widgets: Type.Array(Widget), next_cursor: Type.Null() }),
  },
  addWidget: {
    method: 'POST',
    path: '/api/dashboards/:id/widgets',
    ...analyst,
    summary: 'Put a widget on a dashboard; it has 100 at most.',
    body: NewWidget,
    answer: Widget,
  },
  getWidget: { method: 'GET', path: widget, access: 'read', summary: 'Read a widget.', answer: Widget },
  putWidget: {
    method: 'PUT',
    path: widget,
    ...analyst,
    summary: 'Say all of a widget anew; without a place it stays where it is.',
    body: Type.Object({ ...NewWidget.properties, version }, strict),
    answer: Widget,
  },
  deleteWidget: { method: 'DELETE', path: widget, ...analyst, summary: 'Take a widget off a dashboard.', answer: Success },
  widgetVersions: {
    method: 'GET',
    path: `${widget}/versions`,
    access: 'read',
    summary: 'How a widget was, newest first, as far as the versions of its dashboard are kept.',
    answer: Type.Object({ versions: Type.Array(Widget), next_cursor: Type.Null() }),
  },
  putLayout: {
    method: 'PUT',
    path: '/api/dashboards/:id/layout',
    ...analyst,
    summary: 'Say where widgets stand; those that are not named stay where they are.',
    body: Type.Object({ version, layout: Type.Array(Type.Object({ id: id('Of the widget.'), ...Place }, strict), { maxItems: 100 }) }, strict),
    answer: SavedBoard,
  },
  listShares: {
    method: 'GET',
    path: '/api/dashboards/:id/shares',
    access: 'read',
    role: 'analyst',
    summary: 'Links by which others see a dashboard; never the links themselves.',
    answer: Type.Object({ shares: Type.Array(Share), next_cursor: Type.Null() }),
  },
  createShare: {
    method: 'POST',
    path: '/api/dashboards/:id/shares',
    ...analyst,
    summary: 'Make a link by which others see a dashboard; its token is shown this once.',
    body: Type.Object({ expires_at: o(orNull(text('ISO 8601 with offset; null: it holds until it is revoked.', 40))), can_embed: o(Type.Boolean()) }, strict),
    answer: Type.Object({ ...Share.properties, token: Type.String() }),
  },
  revokeShare: { method: 'DELETE', path: '/api/dashboards/:id/shares/:share_id', ...analyst, summary: 'Take a link back.', answer: Success },
  readShared: {
    method: 'GET',
    path: '/api/shared/:token',
    access: 'open',
    summary: 'The dashboard that a link shows. 404 for one that does not hold, whatever the reason.',
    answer: Shared,
  },
  askShared: {
    method: 'POST',
    path: '/api/shared/:token/widgets/:widget_id',
    access: 'open',
    summary: 'What a widget of the dashboard shows, with the filters of the dashboard, and in the range that is asked for or else in its own.',
    body: Type.Object(rangeProperties, strict),
    answer: answerSchema,
  },
} as const satisfies Record<string, Endpoint>
