import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Who uses a data folder: `<run>/server.lock` names the Cairn process and its engine, each by pid and time of birth, since a pid alone is
 * given to another process sooner or later. A crash leaves the file; the next start reads from it that its writer is dead, ends an engine
 * that survived, and takes over. Two starts in the same instant may both take over a dead one's lock: then the engine's own lock on its
 * files, which is held by the system and vanishes with the process, stops the second.
 */
export interface ProcessMark {
  pid: number
  /** Opaque; equal only for the same process. */
  born: string
}
interface Holder {
  server: ProcessMark
  engine?: ProcessMark
}

export class DataInUse extends Error {
  override readonly name = 'DataInUse'
}

export class DataLock {
  readonly #file: string
  readonly #self: ProcessMark

  private constructor(file: string) {
    this.#file = file
    this.#self = markOf(process.pid) ?? { pid: process.pid, born: 'unknown' }
  }

  /** Throws DataInUse while a live Cairn holds the folder. Returns the lock and the engine it had to end, if any. */
  static async take(runFolder: string): Promise<{ lock: DataLock; ended?: number }> {
    mkdirSync(runFolder, { recursive: true, mode: 0o700 })
    const lock = new DataLock(join(runFolder, 'server.lock'))
    let ended: number | undefined
    for (;;) {
      try {
        writeFileSync(lock.#file, JSON.stringify({ server: lock.#self } satisfies Holder), { flag: 'wx', mode: 0o600 })
        return { lock, ...(ended === undefined ? {} : { ended }) }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = lock.#read()
      if (holder && isAlive(holder.server)) {
        const { pid } = holder.server
        throw new DataInUse(
          `this data folder is in use by the Cairn server with pid ${pid}. Stop that one first (kill ${pid}, or Ctrl-C where it runs), or give this one another CAIRN_DATA_DIR.`,
        )
      }
      if (holder?.engine && isAlive(holder.engine)) {
        await endProcess(holder.engine)
        ended = holder.engine.pid
      }
      rmSync(lock.#file, { force: true })
    }
  }

  /** Notes the engine's process, so that a later start can end it should this process die without it. */
  noteEngine(pid: number | undefined): void {
    const engine = pid === undefined ? undefined : markOf(pid)
    writeFileSync(`${this.#file}.new`, JSON.stringify({ server: this.#self, ...(engine ? { engine } : {}) } satisfies Holder), { mode: 0o600 })
    renameSync(`${this.#file}.new`, this.#file)
  }

  release(): void {
    if (this.#read()?.server.born === this.#self.born) rmSync(this.#file, { force: true })
  }

  #read(): Holder | undefined {
    try {
      const holder = JSON.parse(readFileSync(this.#file, 'utf8')) as Partial<Holder>
      return typeof holder.server?.pid === 'number' ? (holder as Holder) : undefined
    } catch {
      return undefined
    }
  }
}

/** undefined: there is no such process, or only its corpse. */
export function markOf(pid: number): ProcessMark | undefined {
  try {
    if (process.platform !== 'linux') {
      const born = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
      return born === '' ? undefined : { pid, born }
    }
    // After the name in parentheses, which may hold anything: state is the first field, the start time in ticks since boot the twentieth.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    return { pid, born: `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}` }
  } catch {
    return undefined
  }
}

/** Process that holds a system lock on a file, as far as Linux tells (0: one in another container). */
export function fileHolder(file: string): number | undefined {
  try {
    const inode = String(statSync(file).ino)
    // "1: FLOCK ADVISORY WRITE 4711 00:2e:123456 0 EOF"
    const held = readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .map((line) => line.split(/\s+/))
      .find((fields) => fields[5]?.split(':')[2] === inode)
    return held ? Number(held[4]) : undefined
  } catch {
    return undefined
  }
}

export const isAlive = (mark: ProcessMark): boolean => markOf(mark.pid)?.born === mark.born

async function endProcess(mark: ProcessMark): Promise<void> {
  for (let i = 0; i < 100 && isAlive(mark); i++) {
    process.kill(mark.pid, 'SIGKILL')
    await sleep(50)
  }
  if (isAlive(mark)) throw new DataInUse(`the engine process ${mark.pid} of an earlier Cairn does not end. End it (kill -9 ${mark.pid}) and start again.`)
}
