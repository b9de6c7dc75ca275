import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A host application in a process of its own. */
export interface Host {
  output: () => string
  /** SIGKILL. */
  kill: () => Promise<void>
  ended: Promise<{ code: number | null; ms: number }>
}

/** Runs a module that may import `@cairn/node`; `shell` is said before it, for limits. */
export function startHost(code: string, { shell = '', env = {} }: { shell?: string; env?: Record<string, string> } = {}): Host {
  const began = performance.now()
  const child = spawn('bash', ['-c', `${shell} exec "$0" --disable-warning=ExperimentalWarning --input-type=module -e "$1"`, process.execPath, code], {
    cwd: import.meta.dirname,
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (data: Buffer) => (output += data.toString()))
  child.stderr.on('data', (data: Buffer) => (output += data.toString()))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ms: performance.now() - began }))
  return {
    output: () => output,
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
    ended,
  }
}
