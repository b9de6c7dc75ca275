import type { boardEndpoints } from '@cairn/wire/api/boards'
import type { TestWorkspace } from './cairn.ts'
import { notFound, ok, paged, type Attempt } from './tenancy.ts'

/** What analysts save in one workspace, as somebody in another may know of it. */
export interface KnownBoards {
  saved: Record<'insights' | 'cohorts' | 'annotations' | 'dashboards', string>
  widgetId: string
  shareId: string
}
type Known = KnownBoards & { eventType: string; cursors: string[] }

export const boardCases = {
  listInsights: (a) => paged('/api/insights?limit=1000', a.cursors),
  createInsight: (a) => [
    { path: '/api/insights', body: { name: 'mallory', question: { kind: 'trends', series: [{ event: a.eventType, math: 'total' }] } }, answers: ok },
  ],
  getInsight: (a) => [{ path: `/api/insights/${a.saved.insights}`, answers: notFound }],
  putInsight: (a) => [
    {
      path: `/api/insights/${a.saved.insights}`,
      body: { ...{ name: 'mallory', question: { kind: 'trends', series: [{ event: a.eventType, math: 'total' }] } }, version: 1 },
      answers: notFound,
    },
  ],
  deleteInsight: (a) => [{ path: `/api/insights/${a.saved.insights}`, answers: notFound }],
  insightVersions: (a) => [{ path: `/api/insights/${a.saved.insights}/versions`, answers: notFound }],
  listCohorts: (a) => paged('/api/cohorts?limit=1000', a.cursors),
  createCohort: (a) => [{ path: '/api/cohorts', body: { name: 'mallory', type: 'live', definition: { all: [{ did: { event: a.eventType } }] } }, answers: ok }],
  getCohort: (a) => [{ path: `/api/cohorts/${a.saved.cohorts}`, answers: notFound }],
  putCohort: (a) => [
    {
      path: `/api/cohorts/${a.saved.cohorts}`,
      body: { ...{ name: 'mallory', type: 'live', definition: { all: [{ did: { event: a.eventType } }] } }, version: 1 },
      answers: notFound,
    },
  ],
  deleteCohort: (a) => [{ path: `/api/cohorts/${a.saved.cohorts}`, answers: notFound }],
  cohortVersions: (a) => [{ path: `/api/cohorts/${a.saved.cohorts}/versions`, answers: notFound }],
  listAnnotations: (a) => paged('/api/annotations?limit=1000', a.cursors),
  createAnnotation: () => [{ path: '/api/annotations', body: { name: 'mallory', at: '2026-03-01T10:00:00Z' }, answers: ok }],
  getAnnotation: (a) => [{ path: `/api/annotations/${a.saved.annotations}`, answers: notFound }],
  putAnnotation: (a) => [
    { path: `/api/annotations/${a.saved.annotations}`, body: { ...{ name: 'mallory', at: '2026-03-01T10:00:00Z' }, version: 1 }, answers: notFound },
  ],
  deleteAnnotation: (a) => [{ path: `/api/annotations/${a.saved.annotations}`, answers: notFound }],
  annotationVersions: (a) => [{ path: `/api/annotations/${a.saved.annotations}/versions`, answers: notFound }],
  listDashboards: (a) => paged('/api/dashboards?limit=1000', a.cursors),
  createDashboard: (a) => [{ path: '/api/dashboards', body: { name: 'mallory', widgets: [{ type: 'live', id: a.widgetId }] }, answers: ok }],
  getDashboard: (a) => [{ path: `/api/dashboards/${a.saved.dashboards}`, answers: notFound }],
  putDashboard: (a) => [
    {
      path: `/api/dashboards/${a.saved.dashboards}`,
      body: { ...{ name: 'mallory', widgets: [{ type: 'live', id: a.widgetId }] }, version: 1 },
      answers: notFound,
    },
  ],
  deleteDashboard: (a) => [{ path: `/api/dashboards/${a.saved.dashboards}`, answers: notFound }],
  dashboardVersions: (a) => [{ path: `/api/dashboards/${a.saved.dashboards}/versions`, answers: notFound }],
  listTemplates: () => [{ path: '/api/dashboards/templates', answers: ok }],
  listWidgets: (a) => [{ path: `/api/dashboards/${a.saved.dashboards}/widgets`, answers: notFound }],
  addWidget: (a) => [{ path: `/api/dashboards/${a.saved.dashboards}/widgets`, body: { type: 'insight', insight_id: a.saved.insights }, answers: notFound }],
  getWidget: (a) => [{ path: `/api/dashboards/${a.saved.dashboards}/widgets/${a.widgetId}`, answers: notFound }],
  putWidget: (a) => [{ path: `/api/dashboards/${a.saved.dashboards}/widgets/${a.widgetId}`, body: { type: 'live', version: 1 }, answers: notFound }],
  deleteWidget: (a) => [{ path: `/api/dashboards/${a.saved.dashboards}/widgets/${a.widgetId}`, answers: notFound }],
  widgetVersions: (a) => [{ path: `/api/dashboards/${a.saved.dashboards}/widgets/${a.widgetId}/versions`, answers: notFound }],
  putLayout: (a) => [{ path: `/api/dashboards/${a.saved.dashboards}/layout`, body: { version: 1, layout: [] }, answers: notFound }],
  listShares: (a) => [{ path: `/api/dashboards/${a.saved.dashboards}/shares`, answers: notFound }],
  createShare: (a) => [{ path: `/api/dashboards/${a.saved.dashboards}/shares`, body: {}, answers: notFound }],
  revokeShare: (a) => [{ path: `/api/dashboards/${a.saved.dashboards}/shares/${a.shareId}`, answers: notFound }],
  askShared: (a) => [{ path: `/api/shared/${a.shareId}/widgets/${a.widgetId}`, body: {}, answers: notFound }],
  readShared: (a) => [{ path: `/api/shared/${a.shareId}`, answers: notFound }],
} satisfies Record<keyof typeof boardEndpoints, (a: Known) => Attempt[]>

export async function fillBoards(w: TestWorkspace, canary: string): Promise<KnownBoards & { savedCursor: string }> {
  const save = async (path: string, body: object): Promise<Record<string, unknown>> => (await w.call('POST', path, body)).body
  const question = { kind: 'trends', series: [{ event: canary, math: 'total' }] }
  const insight = await save('/api/insights', { name: canary, question })
  await save('/api/insights', { name: canary, question })
  const dashboard = await save('/api/dashboards', { name: canary, widgets: [{ type: 'insight', insight_id: insight['id'] }] })
  const saved = {
    insights: String(insight['id']),
    cohorts: String((await save('/api/cohorts', { name: canary, type: 'live', definition: { all: [{ did: { event: canary } }] } }))['id']),
    annotations: String((await save('/api/annotations', { name: canary, at: '2026-03-01T10:00:00Z' }))['id']),
    dashboards: String(dashboard['id']),
  }
  const share = await save(`/api/dashboards/${saved.dashboards}/shares`, {})
  const { next_cursor: savedCursor } = await w.get<{ next_cursor: string }>('/api/insights?limit=1')
  return {
    saved,
    widgetId: (dashboard['widgets'] as Array<{ id: string }>)[0]?.id ?? '',
    shareId: String(share['id']),
    savedCursor,
  }
}
