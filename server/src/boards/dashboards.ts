import type { BoardBody, Contents, Widget } from '@cairn/wire/api/boards'
import type { FastifyRequest } from 'fastify'
import { followLink } from '../accounts/attempts.ts'
import { CairnError } from '../base/errors.ts'
import type { CatalogTransaction } from '../catalog/schema.ts'
import type { Call, Handlers } from '../http/call.ts'
import { leaving } from '../questions/routes.ts'
import { idIn, invalid, lifeOf, momentIn, type Asked, type BoardDeps } from './life.ts'
import { changeSaved, listSaved, listVersions, readSaved, refuseOlder, showSaved, VERSIONS_KEPT } from './saved.ts'
import { createShare, followShare, listShares, questionOf, revokeShare, showShared, type Link } from './shares.ts'
import { templateNamed, templates } from './templates.ts'
import { laidOut, MOST_WIDGETS, widgetIn, widgetsOf } from './widgets.ts'
import { below, refuse } from './within.ts'

type Dashboards = 'listDashboards' | 'createDashboard' | 'getDashboard' | 'putDashboard' | 'deleteDashboard' | 'dashboardVersions' | 'listTemplates'
type Widgets = 'listWidgets' | 'addWidget' | 'getWidget' | 'putWidget' | 'deleteWidget' | 'widgetVersions' | 'putLayout'
type Shares = 'listShares' | 'createShare' | 'revokeShare' | 'readShared' | 'askShared'

export const dashboardRoutes = (deps: BoardDeps): Pick<Handlers, Dashboards> => {
  const dashboards = lifeOf(deps, 'dashboard', 'dashboards')
  const { within } = deps
  const boardOf = (body: Omit<BoardBody, 'widgets'>, widgets: Widget[]): Contents['dashboard'] => {
    refuse(below('/filters', within.filters(body.filters ?? [])))
    return shownAs(body, widgets)
  }
  return {
    listTemplates: async () => ({ templates, next_cursor: null }),
    listDashboards: async (call) => {
      const { page, next_cursor } = await listSaved(deps.db, 'dashboard', dashboards.asking(call), call.query)
      const listed = page.map((dashboard) => {
        const { widgets: _, ...shown } = showSaved(dashboard)
        return shown
      })
      return { dashboards: listed, next_cursor }
    },
    createDashboard: (call) =>
      dashboards.create(call, async (trx) => {
        const { template, ...body } = call.body
        const whole = { ...(template === undefined ? {} : templateNamed(template)), ...body }
        const { name } = whole
        if (name === undefined) throw invalid('name', 'is required')
        return boardOf({ ...whole, name }, await widgetsOf(trx, dashboards.asking(call), { within, said: whole.widgets ?? [], before: [], path: '/widgets' }))
      }),
    getDashboard: (call) => dashboards.read(call),
    putDashboard: (call) =>
      dashboards.change(call, call.body.version, async ({ content }, trx) => {
        const { widgets: said } = call.body
        const widgets =
          said === undefined ? content.widgets : await widgetsOf(trx, dashboards.asking(call), { within, said, before: content.widgets, path: '/widgets' })
        return boardOf({ visibility: content.visibility, ...call.body }, widgets)
      }),
    deleteDashboard: (call) => dashboards.remove(call),
    dashboardVersions: (call) => dashboards.versions(call),
  }
}

const shownAs = (body: Omit<BoardBody, 'widgets'>, widgets: Widget[]): Contents['dashboard'] => ({
  name: body.name,
  description: body.description ?? '',
  visibility: body.visibility ?? 'workspace',
  filters: body.filters ?? [],
  range: body.range ?? null,
  compare: body.compare ?? null,
  refresh_seconds: body.refresh_seconds ?? null,
  widgets,
})

export const widgetRoutes = (deps: BoardDeps): Pick<Handlers, Widgets> => {
  const { asking } = lifeOf(deps, 'dashboard', 'dashboards')
  const { within } = deps
  const board = (call: Asked) => readSaved(deps.db, 'dashboard', asking(call), idIn(call))
  const change = (call: Asked, to: (widgets: Widget[], trx: CatalogTransaction) => Promise<Widget[]> | Widget[], version?: number) =>
    changeSaved(deps.db, 'dashboard', asking(call), {
      id: idIn(call),
      ...(version === undefined ? {} : { version }),
      to: async ({ content }, trx) => ({ ...content, widgets: await to(content.widgets, trx) }),
    })
  return {
    listWidgets: async (call) => ({ widgets: (await board(call)).content.widgets, next_cursor: null }),
    getWidget: async (call) => widgetIn((await board(call)).content.widgets, widgetId(call)),
    addWidget: async (call) => {
      const { content } = await change(call, async (widgets, trx) => {
        if (widgets.length >= MOST_WIDGETS)
          throw new CairnError('conflict', `A dashboard has at most ${MOST_WIDGETS} widgets. Take one off, or make another dashboard.`)
        return [...widgets, ...(await widgetsOf(trx, asking(call), { within, said: [call.body], before: [], beside: widgets }))]
      })
      return content.widgets.at(-1)
    },
    putWidget: async (call) => {
      const id = widgetId(call)
      const { version, ...body } = call.body
      const { content } = await change(call, async (widgets, trx) => {
        const before = widgetIn(widgets, id)
        refuseOlder(version, before)
        const [after = before] = await widgetsOf(trx, asking(call), { within, said: [{ ...body, id }], before: [before] })
        return widgets.map((widget) => (widget === before ? after : widget))
      })
      return widgetIn(content.widgets, id)
    },
    deleteWidget: async (call) => {
      await change(call, (widgets) => {
        const gone = widgetIn(widgets, widgetId(call))
        return widgets.filter((widget) => widget !== gone)
      })
      return { success: true }
    },
    widgetVersions: async (call) => {
      const { page } = await listVersions(deps.db, 'dashboard', asking(call), idIn(call), { limit: VERSIONS_KEPT })
      const states = page.flatMap(({ content }) => content.widgets.filter(({ id }) => id === widgetId(call)))
      const versions = states.filter((state, index) => states.findIndex(({ version }) => version === state.version) === index)
      if (versions.length === 0) throw new CairnError('not_found', 'There is and was no such widget on this dashboard.')
      return { versions, next_cursor: null }
    },
    putLayout: async (call) => showSaved(await change(call, (widgets) => laidOut(widgets, call.body.layout, asking(call)), call.body.version)),
  }
}

export const shareRoutes = (deps: BoardDeps): Pick<Handlers, Shares> => {
  const { asking } = lifeOf(deps, 'dashboard', 'dashboards')
  return {
    listShares: async (call) => ({ shares: await listShares(deps.db, asking(call), idIn(call)), next_cursor: null }),
    createShare: async (call) => {
      const { expires_at: expires, can_embed: canEmbed = false } = call.body
      const expiresAt = expires === undefined || expires === null ? null : momentIn('expires_at', expires)
      if (expiresAt !== null && expiresAt <= deps.clock.now()) throw invalid('expires_at', 'must lie ahead')
      const { share, token } = await createShare(deps.db, asking(call), { dashboardId: idIn(call), expiresAt, canEmbed })
      return { ...share, token }
    },
    revokeShare: async (call) => {
      await revokeShare(deps.db, asking(call), { dashboardId: idIn(call), id: call.params['share_id'] ?? '' })
      return { success: true }
    },
    readShared: async (call) => showShared(await linkOf(deps, call)),
    askShared: async (call) => {
      const link = await linkOf(deps, call)
      deps.pace.take(`link ${link.id}`, MOST_ASKED)
      deps.pace.take(`link ${link.id} ${deps.addressOf(call.request.raw)}`, MOST_ASKED_FROM_ONE)
      const workspace = deps.directory.workspace(link.workspaceId)
      if (!workspace) throw noLink()
      return await deps.ask(workspace, questionOf(link, widgetIn(link.dashboard.widgets, widgetId(call)), call.body), leaving(call.reply))
    },
  }
}

/** Of a link in a minute; and by one address, which is a viewer, or several of one house. A board of 30 widgets that is asked anew every 10 seconds asks 180 times. */
const MOST_ASKED = 2_000
const MOST_ASKED_FROM_ONE = 400

/** Throws the same whatever the reason for which the link does not hold. */
async function linkOf(deps: BoardDeps, { params, request }: Pick<Call<'readShared'>, 'params' | 'request'>): Promise<Link> {
  const link = await lookUp(deps, params['token'] ?? '', request)
  if (!link) throw noLink()
  return link
}

export const mayEmbed = async (deps: Pick<BoardDeps, 'db' | 'clock' | 'addressOf'>, request: FastifyRequest<{ Params: { token: string } }>): Promise<boolean> =>
  (await lookUp(deps, request.params.token, request))?.canEmbed === true

/** undefined where it does not hold. */
async function lookUp(deps: Pick<BoardDeps, 'db' | 'clock' | 'addressOf'>, token: string, { raw }: Pick<FastifyRequest, 'raw'>): Promise<Link | undefined> {
  const now = deps.clock.now()
  const link = await followLink(deps.db, { address: deps.addressOf(raw), now }, () => followShare(deps.db, { token, now }))
  return link?.holds ? link : undefined
}
const noLink = (): CairnError => new CairnError('not_found', 'This link does not hold: it has expired or was taken back. Ask for a new one.')

const widgetId = ({ params }: Pick<Asked, 'params'>): string => (params['widget_id'] ?? '').toLowerCase()
