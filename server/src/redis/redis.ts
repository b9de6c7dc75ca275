import { createHash } from 'node:crypto'
import { CairnError } from '../base/errors.ts'

/**
 * The Redis that several nodes share. One connection, made again by itself; a command that is not answered in time, or meets no connection,
 * fails at once with 503, and is never kept back for later: whoever sent it decides.
 * One server by its URL (a primary behind one address too), not a Redis Cluster: scripts read keys that they are not told of.
 */
export interface Redis {
  /** Whether it answers. */
  readonly isThere: boolean
  /** Runs a script at once and alone; throws `overloaded`. Answers what Lua returned, texts as Buffers. */
  run(script: Script, args: ReadonlyArray<string | number | Buffer>): Promise<unknown>
  /** Sends one command; throws `overloaded`. */
  send(args: ReadonlyArray<string | Buffer>): Promise<unknown>
  /** `heard` is told what is published there from now on, but for what is published while Redis is away. */
  listen(channel: string, heard: (message: string) => void): void
  /** `work` is called each time it is there (again), and at once where it is. */
  whenThere(work: () => void): void
  close(): void
}

export interface Script {
  lua: string
  sha: string
}
export const script = (lua: string): Script => ({ lua, sha: createHash('sha1').update(lua).digest('hex') })

export const away = (cause?: unknown): CairnError =>
  new CairnError('overloaded', 'Redis, which the nodes share, does not answer; send again in a few seconds.', { retryAfterSeconds: 5, cause })
