import type { Log } from '../base/log.ts'
import type { Clock } from '../base/time.ts'
import type { DirectoryWorkspace } from '../catalog/directory.ts'

/** What a run came to, in a few words and figures: shown to everybody who may read the workspace. */
export type Result = Readonly<Record<string, string | number | boolean | null>>

interface Context {
  clock: Clock
  log: Log
  /** Aborted where the server stops, or the run was lost to another node. */
  signal: AbortSignal
}

/**
 * Work that is done by the clock. It may be cut off anywhere and is then not done again by itself before its next due time: what it leaves
 * must be right at every moment. What it throws is kept: the message of a CairnError as it is, of anything else only that it failed.
 */
export type Job = {
  /** Folder and verb: `sessions:close-stale`. */
  name: string
  /** What it does, for people. */
  about: string
  /** Cron expression of five fields: minute, hour, day, month, day of the week (0 or 7: Sunday). */
  schedule: string
} & (
  | {
      /** Once for each workspace, in its time zone. */
      of: 'workspace'
      run(context: Context & { workspace: DirectoryWorkspace }): Promise<Result>
    }
  | {
      /** Once for all, in UTC. */
      of: 'server'
      run(context: Context): Promise<Result>
    }
)
