import { COLUMNS, type NewWidget, type Widget } from '@cairn/wire/api/boards'
import { CairnError, type FieldError } from '../base/errors.ts'
import { isUuid, uuidv7 } from '../base/ids.ts'
import { iso } from '../base/time.ts'
import type { CatalogTransaction } from '../catalog/schema.ts'
import { dashboardsWith, rewrite, type Asking, type Saved } from './saved.ts'
import { below, refuse, type Within } from './within.ts'

/** Widgets of a dashboard. They are part of its content, and each has a version besides, so that two people may change two of them at once. */
export const MOST_WIDGETS = 100
const NEW = { x: 0, w: COLUMNS / 2, h: 4 }

export type Said = NewWidget & { id?: string | undefined }

export interface Saying {
  within: Pick<Within, 'question'>
  said: readonly Said[]
  /** Those that may be named by their id: they are changed, and stay where they are unless another place is said. */
  before: readonly Widget[]
  /** Others on the same dashboard. */
  beside?: readonly Widget[]
  /** To the list in the request; '' where one is said alone. */
  path?: string
}

/** Widgets as they are said, in that order. Throws `invalid`. */
export async function widgetsOf(trx: CatalogTransaction, asking: Asking, { within, said, before, beside = [], path = '' }: Saying): Promise<Widget[]> {
  const insights = await knownInsights(trx, asking, said)
  const errors: FieldError[] = []
  const widgets: Widget[] = []
  const staying = before.filter(({ id }) => said.some((one) => one.id?.toLowerCase() === id))
  for (const [index, one] of said.entries()) {
    const id = one.id?.toLowerCase()
    const known = before.find((widget) => widget.id === id)
    const placed = known ?? { ...NEW, y: bottom([...beside, ...staying, ...widgets]) }
    const place = { x: one.x ?? placed.x, y: one.y ?? placed.y, w: one.w ?? placed.w, h: one.h ?? placed.h }
    const wrong = [
      ...wrongIn(one, insights),
      ...(one.question === undefined ? [] : below('/question', within.question(one.question))),
      ...(place.x + place.w > COLUMNS ? [tooWide] : []),
      ...(id !== undefined && widgets.some((widget) => widget.id === id) ? [{ path: '/id', message: 'stands there twice' }] : []),
    ]
    errors.push(...below(path === '' ? '' : `${path}/${index}`, wrong))
    widgets.push(written({ id: id ?? uuidv7(asking.now), ...contentOf(one), ...place }, known, asking))
  }
  refuse(errors)
  return widgets
}

const tooWide = { path: '/w', message: `must leave x + w at most ${COLUMNS}` }

export type Place = Pick<Widget, 'x' | 'y' | 'w' | 'h'>

/** Throws `invalid` for an id that is not there, and for a place outside of the grid. */
export function laidOut(widgets: readonly Widget[], layout: ReadonlyArray<Place & { id: string }>, asking: Asking): Widget[] {
  const errors = layout.flatMap(({ id, x, w }, index) => [
    ...(widgets.some((widget) => widget.id === id) ? [] : [{ path: `/layout/${index}/id`, message: 'is no widget of this dashboard' }]),
    ...(x + w > COLUMNS ? [{ ...tooWide, path: `/layout/${index}/w` }] : []),
  ])
  refuse(errors)
  return widgets.map((widget) => {
    const place = layout.find(({ id }) => id === widget.id)
    return place ? written({ id: widget.id, ...contentOf(widget), ...placeOf(place) }, widget, asking) : widget
  })
}

/** An insight is about to go: dashboards that show it keep its question as their own. */
export async function keepQuestion(trx: CatalogTransaction, asking: Asking, { id, content }: Saved<'insight'>): Promise<void> {
  for (const dashboard of await dashboardsWith(trx, asking, id)) {
    const widgets = dashboard.content.widgets.map((widget) => {
      if (widget.insight_id !== id) return widget
      const { insight_id: _, ...shown } = contentOf(widget)
      return written(
        { id: widget.id, ...shown, type: 'question', title: widget.title ?? content.name, question: content.question, ...placeOf(widget) },
        widget,
        asking,
      )
    })
    await rewrite(trx, 'dashboard', asking, dashboard, { ...dashboard.content, widgets })
  }
}

const written = (shown: Omit<Widget, keyof Life>, before: Widget | undefined, { by, now }: Asking): Widget => {
  if (before && JSON.stringify(shown) === JSON.stringify({ id: before.id, ...contentOf(before), ...placeOf(before) })) return before
  return {
    ...shown,
    version: (before?.version ?? 0) + 1,
    created_by: before?.created_by ?? by.name,
    created_at: before?.created_at ?? iso(now),
    updated_by: by.name,
    updated_at: iso(now),
  }
}
type Life = Pick<Widget, 'version' | 'created_by' | 'created_at' | 'updated_by' | 'updated_at'>

const placeOf = ({ x, y, w, h }: Place): Place => ({ x, y, w, h })

const contentOf = ({ type, title, chart, insight_id, question, text }: NewWidget) => ({
  type,
  ...(title === undefined ? {} : { title }),
  ...(chart === undefined ? {} : { chart }),
  ...(insight_id === undefined ? {} : { insight_id }),
  ...(question === undefined ? {} : { question }),
  ...(text === undefined ? {} : { text }),
})

const bottom = (widgets: readonly Place[]): number => Math.max(0, ...widgets.map(({ y, h }) => y + h))

/** What each type shows; a live feed needs nothing said. */
const shows = { insight: 'insight_id', question: 'question', text: 'text', live: undefined } as const satisfies Record<
  Widget['type'],
  keyof NewWidget | undefined
>

function wrongIn(said: Said, insights: ReadonlySet<string>): FieldError[] {
  const needed = shows[said.type]
  const others = (['insight_id', 'question', 'text'] as const).filter((name) => name !== needed && said[name] !== undefined)
  return [
    ...others.map((name) => ({ path: `/${name}`, message: `does not go with type ${said.type}` })),
    ...(needed !== undefined && said[needed] === undefined ? [{ path: `/${needed}`, message: `is required with type ${said.type}` }] : []),
    ...(said.insight_id !== undefined && !insights.has(said.insight_id) ? [{ path: '/insight_id', message: 'is no insight of this workspace' }] : []),
  ]
}

async function knownInsights(trx: CatalogTransaction, { workspaceId }: Asking, said: readonly Said[]): Promise<ReadonlySet<string>> {
  const ids = said.flatMap(({ insight_id: id }) => (id !== undefined && isUuid(id) ? [id] : []))
  if (ids.length === 0) return new Set()
  const rows = await trx.selectFrom('saved').select('id').where('workspace_id', '=', workspaceId).where('kind', '=', 'insight').where('id', 'in', ids).execute()
  return new Set(rows.map(({ id }) => id))
}

/** The widget with this id. Throws `not_found`. */
export function widgetIn(widgets: readonly Widget[], id: string): Widget {
  const widget = widgets.find((one) => one.id === id)
  if (!widget) throw new CairnError('not_found', 'There is no such widget on this dashboard.')
  return widget
}
