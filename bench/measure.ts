import { execFile, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export interface LoadResult {
  requests: number
  events: number
  seconds: number
  statuses: Record<string, number>
  bytesPerEvent: number
  p50: number
  p99: number
  max: number
  generatorCpuMs: number
}

/** Runs the load generator in a process of its own. */
export async function load(
  url: string,
  key: string,
  options: { perRequest: number; connections: number; seconds: number; path?: string; rate?: number },
): Promise<LoadResult> {
  const { stdout } = await execute(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    resolve(import.meta.dirname, 'load.ts'),
    url,
    key,
    String(options.perRequest),
    String(options.connections),
    String(options.seconds),
    options.path ?? '/api/events/log',
    String(options.rate ?? 0),
  ])
  return JSON.parse(stdout) as LoadResult
}

/** A server that reads each body and answers 200: what HTTP itself costs on this machine, with the same bodies. */
export async function noOpServer(): Promise<{ url: string; stop(): void }> {
  const code = `require('node:http').createServer((q,r)=>{q.on('data',()=>{});q.on('end',()=>{r.setHeader('content-length',2);r.end('{}')})}).listen(0,'127.0.0.1',function(){console.log(this.address().port)})`
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<string>((done) => child.stdout.once('data', (data: Buffer) => done(data.toString().trim())))
  return { url: `http://127.0.0.1:${port}`, stop: () => child.kill() }
}

/** Proportional set size of processes, in MB: shared pages are counted once over all. */
export const pssMb = (...pids: number[]): number =>
  Math.round(pids.reduce((sum, pid) => sum + Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0), 0) / 1_024)

/** The process and its children. */
export const familyOf = (pid: number): number[] => [
  pid,
  ...readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => {
      try {
        return Number(readFileSync(`/proc/${child}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]) === pid
      } catch {
        return false
      }
    }),
]

/** Processor time that a process has taken, in ms, in steps of 10; of all its threads. */
export const processorMs = (pid: number): number => {
  const [, ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const [user, system] = fields.join(') ').split(' ').slice(11, 13).map(Number)
  return ((user ?? 0) + (system ?? 0)) * 10
}

export const machine = (): string => `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}`
export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
export const rounded = (value: number, digits = 0): number => Math.round(value * 10 ** digits) / 10 ** digits

/** Asks each question once, and then `runs` times; prints median, 95th percentile and the first of each. */
export async function timed(questions: ReadonlyArray<[name: string, path: string]>, runs: number, ask: (path: string) => Promise<unknown>): Promise<void> {
  for (const [name, path] of questions) {
    const times: number[] = []
    for (let i = 0; i <= runs; i++) {
      const from = performance.now()
      await ask(path)
      times.push(performance.now() - from)
    }
    const [first = 0, ...warm] = times
    warm.sort((a, b) => a - b)
    const p95 = warm[Math.floor(warm.length * 0.95)] ?? 0
    console.log(`  ${name}: median ${rounded(median(warm))} ms, p95 ${rounded(p95)} ms, first ${rounded(first)} ms  ${path}`)
  }
}
