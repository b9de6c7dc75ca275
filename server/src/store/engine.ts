import { fork, type ChildProcess } from 'node:child_process'
import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Log } from '../base/log.ts'
import type { Clock } from '../base/time.ts'
import { budgetOf, engineConfig } from './engine/budget.ts'
import type { ChildMessage, ChildOptions } from './engine/child.ts'
import { DataInUse, DataLock, fileHolder } from './engine/lock.ts'
import { socketPath } from './engine/place.ts'

/**
 * The embedded event store: an engine in a process of its own, reached over HTTP on a socket, watched and restarted.
 *
 * A process of its own, because a fault or a signal inside the engine freezes whichever process it is in. States:
 *   down → starting → up → restarting → up …, and down after `stop`. Only a first start that fails throws; later ones are tried again
 *   for ever, with growing pauses, and `status().remedy` says what to look at.
 * The watchdog asks the engine once a second, one question at a time, and ends it by SIGKILL after 10 unanswered seconds. Seconds are
 * counted in its own ticks, so that a machine that slept or a stopped terminal job does not count as silence of the engine.
 * On disk: `<data>/store` the tables, `<data>/run` configuration, lock and scratch, `<data>/backups` where BACKUP may write.
 */
export interface EngineOptions {
  dataDir: string
  memoryBytes: number
  log: Log
  clock: Clock
  /** TCP on 127.0.0.1 instead of the socket, for tests of the way in by URL; 0 takes a free port. */
  listen?: { port: number }
}

export interface EngineStatus {
  state: 'starting' | 'up' | 'down' | 'restarting'
  /** ms since the epoch. */
  since: number
  restarts: number
  pid?: number
  /** What a person can do about it, where it does not go away by itself. */
  remedy?: string
}

const PING_EVERY_MS = 1_000
const SILENT_PINGS = 10
/** 10 million events open in 0.2 s; this is for a cold disk with thousands of parts. */
const START_TIMEOUT_MS = 120_000
const STOP_TIMEOUT_MS = 5_000
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 30_000
/** An engine that ran this long failed for a new reason: the pauses begin anew. */
const STEADY_MS = 60_000
const FAILURES_BEFORE_REMEDY = 5

export class EmbeddedEngine {
  readonly #options: EngineOptions
  readonly #log: Log
  readonly #onRestart: (() => void)[] = []
  #lock: DataLock | undefined
  #child: ChildProcess | undefined
  #target: { socketPath: string } | { host: string; port: number } | undefined
  #agent: Agent | undefined
  #state: EngineStatus['state'] = 'down'
  #since: number
  #restarts = 0
  #failures = 0
  #stopping = false
  #remedy: string | undefined
  #watchdog: NodeJS.Timeout | undefined

  constructor(options: EngineOptions) {
    this.#options = options
    this.#log = options.log.child({ part: 'engine' })
    this.#since = options.clock.now()
  }

  /** Resolves when the engine answers. Throws where the folder is in use or the engine cannot start. */
  async start(): Promise<void> {
    if (this.#lock) throw new Error('the engine is started already')
    this.#stopping = false
    this.#enter('starting')
    const { run } = this.#folders()
    const { lock, ended } = await DataLock.take(run).catch((error: unknown) => {
      this.#enter('down')
      throw error
    })
    this.#lock = lock
    if (ended !== undefined) this.#log.warn({ pid: ended }, 'ended an engine process that had outlived its server')
    try {
      await this.#spawn()
    } catch (error) {
      await this.stop()
      throw error
    }
    this.#watch()
  }

  /** For makeStore; valid after start. */
  get url(): string {
    const target = this.#target
    return target && 'port' in target ? `http://${target.host}:${target.port}` : 'http://engine.localhost'
  }
  get agent(): Agent | undefined {
    return this.#agent
  }

  status(): EngineStatus {
    const pid = this.#child?.pid
    return {
      state: this.#state,
      since: this.#since,
      restarts: this.#restarts,
      ...(pid === undefined ? {} : { pid }),
      ...(this.#remedy ? { remedy: this.#remedy } : {}),
    }
  }

  /** Called after each restart, when the engine answers again. */
  onRestart(callback: () => void): void {
    this.#onRestart.push(callback)
  }

  /** Ends running queries after 3 s at most. May be called in any state, and again. */
  async stop(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#watchdog)
    const child = this.#child
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      if (child.connected) child.send('stop', () => {})
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      await gone
      clearTimeout(timer)
    }
    this.#child = undefined
    this.#agent?.destroy()
    if (this.#target && 'socketPath' in this.#target) rmSync(this.#target.socketPath, { force: true })
    this.#lock?.release()
    this.#lock = undefined
    this.#enter('down')
  }

  #folders(): { store: string; run: string; scratch: string; backups: string } {
    mkdirSync(this.#options.dataDir, { recursive: true, mode: 0o700 })
    // The real path, so that two names of one folder meet at one lock and one socket.
    const root = realpathSync(this.#options.dataDir)
    const folders = { store: join(root, 'store'), run: join(root, 'run'), scratch: join(root, 'run', 'scratch'), backups: join(root, 'backups') }
    rmSync(folders.scratch, { recursive: true, force: true })
    for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true, mode: 0o700 })
    return folders
  }

  /** Forks the engine and resolves when it answers; rejects when it ends or says nothing before that. */
  async #spawn(): Promise<void> {
    const { store, run, scratch, backups } = this.#folders()
    const budget = budgetOf(this.#options.memoryBytes)
    const configFile = join(run, 'engine.xml')
    writeFileSync(configFile, engineConfig(budget, backups), { mode: 0o600 })
    const listen = this.#options.listen ?? { socket: socketPath(store) }
    const options: ChildOptions = { dataPath: store, configFile, scratch, listen, budget }
    const child = fork(fileURLToPath(new URL('./engine/child.ts', import.meta.url)), [JSON.stringify(options)], {
      cwd: run,
      // Nothing of the server's environment, which holds secrets, and no flags of its own. Queries occupy pool threads; with Node's 4,
      // two questions and a load would leave none for the socket's own work.
      env: { UV_THREADPOOL_SIZE: '16', TZ: 'UTC' },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    for (const output of [child.stdout, child.stderr])
      if (output) createInterface({ input: output }).on('line', (line) => this.#log.warn({ engine: line.slice(0, 2_000) }, 'the engine said'))
    this.#lock?.noteEngine(child.pid)

    const ready = await firstWord(child)
    if ('failed' in ready) {
      child.kill('SIGKILL')
      this.#child = undefined
      const holder = fileHolder(join(store, 'status'))
      if (holder !== undefined && holder !== child.pid)
        throw new DataInUse(`the tables in ${store} are open in another process (pid ${holder}); end that one and start again`)
      throw new Error(`the engine did not start: ${ready.failed.slice(0, 1_000)}`)
    }
    child.on('error', (error) => this.#log.error({ err: error }, 'the engine process cannot be reached'))
    this.#target = 'port' in listen ? { host: '127.0.0.1', port: ready.ready.port ?? listen.port } : { socketPath: listen.socket }
    if ('socketPath' in this.#target) this.#agent ??= new Agent({ keepAlive: true, ...this.#target } as ConstructorParameters<typeof Agent>[0])
    child.on('exit', (code, signal) => {
      if (this.#child === child && !this.#stopping) void this.#restart(`it ended (${signal ?? code})`)
    })
    this.#enter('up')
    this.#remedy = undefined
  }

  async #restart(reason: string): Promise<void> {
    if (this.#state === 'up' && this.#options.clock.now() - this.#since > STEADY_MS) this.#failures = 0
    this.#enter('restarting')
    clearTimeout(this.#watchdog)
    this.#log.error({ reason }, 'the engine is restarted')
    while (!this.#stopping) {
      await sleep(Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS), undefined, { ref: false })
      if (this.#stopping) return
      this.#failures++
      try {
        await this.#spawn()
        break
      } catch (error) {
        if (this.#failures >= FAILURES_BEFORE_REMEDY)
          this.#remedy = `The engine failed to start ${this.#failures} times: ${error instanceof Error ? error.message : String(error)}. Look at the log's lines of part "engine", at free disk and memory.`
        this.#log.error({ err: error }, 'the engine did not come back')
      }
    }
    if (this.#stopping) return
    this.#restarts++
    this.#log.info({ restarts: this.#restarts }, 'the engine is back')
    this.#watch()
    for (const callback of this.#onRestart) callback()
  }

  #watch(): void {
    const child = this.#child
    let silent = 0
    let asking = false
    const question = async (target: object): Promise<void> => {
      asking = true
      if (await ask(target)) silent = 0
      asking = false
    }
    const tick = (): void => {
      if (child !== this.#child || this.#stopping) return
      silent++
      if (silent > SILENT_PINGS) {
        this.#log.error({ pid: child?.pid }, `the engine did not answer for ${SILENT_PINGS} s and is killed`)
        child?.kill('SIGKILL')
        return
      }
      if (!asking && this.#target) void question(this.#target)
      this.#watchdog = setTimeout(tick, PING_EVERY_MS)
    }
    this.#watchdog = setTimeout(tick, PING_EVERY_MS)
  }

  #enter(state: EngineStatus['state']): void {
    this.#state = state
    this.#since = this.#options.clock.now()
  }
}

/** A connection of its own for each question: one that waits behind queries would measure them, not the engine. */
const ask = (target: object): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get({ ...target, path: '/ping', agent: false, timeout: SILENT_PINGS * PING_EVERY_MS }, (response) => {
      response.resume()
      response.on('close', () => resolve(response.statusCode === 200))
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
  })

const firstWord = (child: ChildProcess): Promise<ChildMessage> =>
  new Promise((resolve) => {
    const say = (message: ChildMessage): void => {
      clearTimeout(timer)
      child.off('message', onMessage)
      child.off('exit', onExit)
      child.off('error', onError)
      resolve(message)
    }
    const onMessage = (message: unknown): void => say(message as ChildMessage)
    const onExit = (code: number | null, signal: string | null): void => say({ failed: `its process ended (${signal ?? code})` })
    const onError = (error: Error): void => say({ failed: error.message })
    const timer = setTimeout(() => say({ failed: `no word from it in ${START_TIMEOUT_MS / 1000} s` }), START_TIMEOUT_MS)
    child.on('message', onMessage)
    child.on('exit', onExit)
    child.on('error', onError)
  })
