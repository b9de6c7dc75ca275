import type { BodyOf } from '@cairn/wire/api'
import type { Contents } from '@cairn/wire/api/boards'
import { readRange } from '../analytics/range.ts'
import { CairnError } from '../base/errors.ts'
import { uuidv7 } from '../base/ids.ts'
import { iso } from '../base/time.ts'
import type { Handlers } from '../http/call.ts'
import { forgetMembers, keepMembers } from './cohorts.ts'
import { dashboardRoutes, shareRoutes, widgetRoutes } from './dashboards.ts'
import { invalid, lifeOf, momentIn, type BoardDeps } from './life.ts'
import { keepQuestion } from './widgets.ts'
import { below, refuse } from './within.ts'

type Insights = 'listInsights' | 'createInsight' | 'getInsight' | 'putInsight' | 'deleteInsight' | 'insightVersions'
type Cohorts = 'listCohorts' | 'createCohort' | 'getCohort' | 'putCohort' | 'deleteCohort' | 'cohortVersions'
type Annotations = 'listAnnotations' | 'createAnnotation' | 'getAnnotation' | 'putAnnotation' | 'deleteAnnotation' | 'annotationVersions'

export const boardRoutes = (
  deps: BoardDeps,
): Pick<Handlers, Insights | Cohorts | Annotations> &
  ReturnType<typeof dashboardRoutes> &
  ReturnType<typeof widgetRoutes> &
  ReturnType<typeof shareRoutes> => ({
  ...insightRoutes(deps),
  ...cohortRoutes(deps),
  ...annotationRoutes(deps),
  ...dashboardRoutes(deps),
  ...widgetRoutes(deps),
  ...shareRoutes(deps),
})

const insightRoutes = (deps: BoardDeps): Pick<Handlers, Insights> => {
  const insights = lifeOf(deps, 'insight', 'insights')
  const said = ({ name, description = '', question }: BodyOf<'createInsight'>): Contents['insight'] => {
    refuse(below('/question', deps.within.question(question)))
    return { name, description, question }
  }
  return {
    listInsights: (call) => insights.list(call),
    createInsight: (call) => insights.create(call, () => said(call.body)),
    getInsight: (call) => insights.read(call),
    putInsight: (call) => insights.change(call, call.body.version, () => said(call.body)),
    deleteInsight: (call) => insights.remove(call, (insight, trx) => keepQuestion(trx, insights.asking(call), insight)),
    insightVersions: (call) => insights.versions(call),
  }
}

const cohortRoutes = (deps: BoardDeps): Pick<Handlers, Cohorts> => {
  const cohorts = lifeOf(deps, 'cohort', 'cohorts')
  const said = ({ name, description = '', type, definition }: BodyOf<'createCohort'>): Contents['cohort'] => {
    refuse(below('/definition', deps.within.definition(definition)))
    return { name, description, type, definition }
  }
  return {
    listCohorts: (call) => cohorts.list(call),
    createCohort: async (call) => {
      const content = said(call.body)
      const id = uuidv7(deps.clock.now())
      if (content.type === 'static') await keepMembers(deps, call.workspace.id, id, content.definition)
      return await cohorts.create(call, () => content, id)
    },
    getCohort: (call) => cohorts.read(call),
    putCohort: (call) => cohorts.change(call, call.body.version, ({ content }) => kept(content, said(call.body))),
    deleteCohort: async (call) => {
      const { id } = await cohorts.read(call)
      const answer = await cohorts.remove(call)
      await forgetMembers(deps, call.workspace.id, id)
      return answer
    },
    cohortVersions: (call) => cohorts.versions(call),
  }
}

/** Who belongs to a static cohort was decided when it was made. */
function kept(before: Contents['cohort'], after: Contents['cohort']): Contents['cohort'] {
  const changed = (['type', 'definition'] as const).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  if (before.type === after.type && (before.type === 'live' || changed.length === 0)) return after
  throw new CairnError('invalid', 'A cohort stays live or static, and a static one keeps its definition. Make another one instead.', {
    errors: changed.map((name) => ({ path: `/${name}`, message: 'must stay as it is' })),
  })
}

const annotationRoutes = (deps: BoardDeps): Pick<Handlers, Annotations> => {
  const annotations = lifeOf(deps, 'annotation', 'annotations')
  const said = ({ name, description = '', at, until }: BodyOf<'createAnnotation'>): Contents['annotation'] => {
    const [atMs, untilMs] = [momentIn('at', at), until === undefined || until === null ? null : momentIn('until', until)]
    if (untilMs !== null && untilMs < atMs) throw invalid('until', 'must not be before at')
    return { name, description, at: iso(atMs), until: untilMs === null ? null : iso(untilMs) }
  }
  return {
    listAnnotations: (call) => {
      const { from, to, ...query } = call.query
      const range = from === undefined && to === undefined ? undefined : readRange({ from, to }, { timezone: call.workspace.timezone, now: deps.clock.now() })
      return annotations.list(call, query, { fromMs: from === undefined ? undefined : range?.fromMs, toMs: to === undefined ? undefined : range?.toMs })
    },
    createAnnotation: (call) => annotations.create(call, () => said(call.body)),
    getAnnotation: (call) => annotations.read(call),
    putAnnotation: (call) => annotations.change(call, call.body.version, () => said(call.body)),
    deleteAnnotation: (call) => annotations.remove(call),
    annotationVersions: (call) => annotations.versions(call),
  }
}
