import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** A process that has a file in the spool. */
export interface Owner {
  host: string
  pid: number
  /** What tells it from another that has, or had, its number; '' where the system does not say. */
  start: string
}

export const thisProcess = (): Owner => ({ host: hostname(), pid: process.pid, start: startOf(process.pid) })

/** undefined where this process cannot know. */
export function isRunning({ host, pid, start }: Owner): boolean | undefined {
  if (host !== hostname()) return undefined
  if (start !== '') return startOf(pid) === start
  try {
    process.kill(pid, 0)
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH' ? false : undefined
  }
}

/** Numbers of processes come again, in containers with every start. Only Linux says when one began, and after which start of the machine. */
function startOf(pid: number): string {
  try {
    const [state, ...rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return state === 'Z' ? '' : `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${rest[18]}`
  } catch {
    return ''
  }
}
