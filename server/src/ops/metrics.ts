import { memoryUsage } from 'node:process'
import type { Handlers } from '../http/call.ts'
import type { RequestCounts } from './counts.ts'
import type { Pipeline } from '../ingest/pipeline.ts'
import type { EmbeddedEngine } from '../store/engine.ts'

export interface MetricsDeps {
  counts: RequestCounts
  pipeline: Pipeline
  engine: EmbeddedEngine | undefined
  live: { readonly size: number; readonly lagMs: number }
}

const escapeLabel = (value: string): string => value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))

/** Prometheus text exposition format 0.0.4. Counters are since the start of this process. */
export const metricsRoutes = ({ counts, pipeline, engine, live }: MetricsDeps): Pick<Handlers, 'metrics'> => ({
  metrics: async ({ reply }) => {
    void reply.type('text/plain; version=0.0.4; charset=utf-8')
    const { journal, loader, readers, seen } = pipeline
    const lines: string[] = []
    const metric = (name: string, type: 'counter' | 'gauge', help: string, rows: Iterable<readonly [labels: string, value: number]>): void => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
      for (const [labels, value] of rows) lines.push(`${name}${labels} ${value}`)
    }
    const requests = [...counts.rows()].map((r) => ({ ...r, labels: `{route="${escapeLabel(r.route)}",status="${r.status}"}` }))
    metric(
      'cairn_http_requests_total',
      'counter',
      'Requests answered, by route and status.',
      requests.map((r) => [r.labels, r.requests]),
    )
    metric(
      'cairn_http_request_seconds_total',
      'counter',
      'Time spent answering, by route and status.',
      requests.map((r) => [r.labels, r.seconds]),
    )
    metric('cairn_journal_backlog_bytes', 'gauge', 'Bytes in the journal that are not deleted yet.', [['', journal.backlogBytes]])
    metric('cairn_journal_commits_total', 'counter', 'Commit groups over the life of the journal.', [['', journal.lastSeq]])
    metric('cairn_loader_position', 'gauge', 'Commit up to which the event store holds everything.', [['', readers.positionOf('loader')]])
    metric('cairn_loader_segments_waiting', 'gauge', 'Sealed segments that are not loaded yet.', [['', readers.ahead('loader').length]])
    metric('cairn_loader_events_total', 'counter', 'Events loaded since the start.', [['', loader.loadedEvents]])
    metric('cairn_journal_damaged_records_total', 'counter', 'Damaged journal records met since the start.', [['', loader.damaged]])
    metric('cairn_deduplication_ids', 'gauge', 'Event ids held for recognising repetitions.', [['', seen.size]])
    metric('cairn_deduplication_window_seconds', 'gauge', 'How far back a repetition is recognised.', [['', Math.floor(seen.windowMs / 1_000)]])
    if (engine) metric('cairn_engine_restarts_total', 'counter', 'Restarts of the embedded engine since the start.', [['', engine.status().restarts]])
    metric('cairn_live_connections', 'gauge', 'Live connections that are open.', [['', live.size]])
    metric('cairn_live_lag_seconds', 'gauge', 'How long a sealed segment has been waiting to be told.', [['', live.lagMs / 1_000]])
    metric('cairn_live_kept_bytes', 'gauge', 'Bytes of segments kept for those who resume.', [['', pipeline.recent.keptBytes]])
    metric('cairn_process_resident_bytes', 'gauge', 'Resident memory of the server process, without the engine.', [['', memoryUsage.rss()]])
    return `${lines.join('\n')}\n`
  },
})
