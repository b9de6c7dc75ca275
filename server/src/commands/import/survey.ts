import { DAY } from '../../base/time.ts'
import { checkShape, emptyDraft } from '../../ingest/shape.ts'
import type { Sender } from '../../ingest/draft.ts'
import { toDirectory } from '../../catalog/internal.ts'
import { trackerSettings } from '../../catalog/tracker-settings.ts'
import type { Workspace } from '../../catalog/workspaces.ts'
import type { Event, MapRow } from './mapping.ts'
import type { Row } from './rows.ts'

/** What a file holds, read whole before its first row is sent: an import that cannot end well does not begin. */
export interface Survey {
  rows: number
  /** Rows that the way in is going to refuse, by its own check. */
  bad: number
  firstBad: BadRow[]
  /** Of rows whose time can be read; milliseconds. */
  earliest: number | undefined
  latest: number | undefined
  /** Rows that the workspace would not keep. */
  tooOld: number
  oldestTooOld: { row: number; line: number; at: number } | undefined
  firstEvent: Event | undefined
}

export interface BadRow {
  row: number
  line: number
  reason: string
}

export interface SurveyOptions {
  mapRow: MapRow
  workspace: Workspace
  now: number
  /** Rows up to here are in: they cannot keep the rest from being imported. */
  after: number
  /** Told how many rows were read. */
  at: (row: number) => void
  signal?: AbortSignal | undefined
}

/** As many as a person reads. */
const SHOWN = 5

export async function surveyRows(rows: AsyncIterable<Row>, { mapRow, workspace, now, after, at, signal }: SurveyOptions): Promise<Survey> {
  const survey: Survey = { rows: 0, bad: 0, firstBad: [], earliest: undefined, latest: undefined, tooOld: 0, oldestTooOld: undefined, firstEvent: undefined }
  const keptFrom = workspace.retentionDays === null ? Number.NEGATIVE_INFINITY : now - workspace.retentionDays * DAY
  const sender = senderOf(workspace, now)
  for await (const row of rows) {
    signal?.throwIfAborted()
    survey.rows = row.number
    if (row.number % 1_000 === 0) at(row.number)
    const { event, at: time, problem } = row.problem === undefined ? mapRow(row.number, row.fields) : { event: {}, at: undefined, problem: row.problem }
    if (time !== undefined) {
      survey.earliest = Math.min(survey.earliest ?? time, time)
      survey.latest = Math.max(survey.latest ?? time, time)
    }
    if (row.number <= after) continue
    const reason = problem ?? checkShape(emptyDraft(event), sender)?.message
    if (reason !== undefined) {
      survey.bad++
      if (survey.firstBad.length < SHOWN) survey.firstBad.push({ row: row.number, line: row.line, reason })
    } else survey.firstEvent ??= event
    if (time === undefined || time >= keptFrom) continue
    survey.tooOld++
    if (survey.oldestTooOld === undefined || time < survey.oldestTooOld.at) survey.oldestTooOld = { row: row.number, line: row.line, at: time }
  }
  at(survey.rows)
  return survey
}

/** The sender that the server is going to see, as far as the shape of an event depends on it. */
const senderOf = (workspace: Workspace, now: number): Sender => ({
  workspace: {
    ...workspace,
    internal: toDirectory(workspace.internal),
    trackedSince: workspace.createdAt,
    streamsOff: new Set(workspace.streamsOff),
    taxonomy: new Map(),
    trackers: trackerSettings({ ...workspace, streamsOff: new Set(workspace.streamsOff) }),
  },
  keyId: '',
  source: 'import',
  tracker: '',
  userAgent: '',
  country: '',
  isInternal: false,
  privacySignal: false,
  receivedAt: now,
  arrivedAt: now,
  sentAt: undefined,
  historical: true,
  visitor: '',
})
