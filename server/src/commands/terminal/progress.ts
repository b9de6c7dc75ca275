import type { WriteStream } from 'node:tty'

/**
 * How far long work is, on stderr, so that stdout stays the answer: a bar that redraws itself on a terminal, a plain line every few seconds
 * in a log. Rate and time left are those of this run, not of rows that an earlier one had done.
 */
export interface Progress {
  at: (done: number) => void
  end: () => void
}

export interface ProgressOptions {
  /** What is counted, in the plural: rows. */
  what: string
  /** Shown before the numbers. */
  label: string
  total?: number
  /** Where this run begins. */
  from?: number
  quiet?: boolean
  out?: Pick<WriteStream, 'write'> & { isTTY?: boolean; columns?: number }
}

/** Often enough to look alive, seldom enough not to cost. */
const REDRAW_MS = 100
/** A log of an hour's import stays readable. */
const LINE_MS = 5_000
const BAR_WIDTH = 24

export function progress({ what, label, total, from = 0, quiet = false, out = process.stderr }: ProgressOptions): Progress {
  const began = performance.now()
  const onTerminal = out.isTTY === true
  let saidAt = began
  let done = from
  let drawn = false
  const line = (): string => {
    const seconds = (performance.now() - began) / 1_000
    const rate = seconds > 0 ? (done - from) / seconds : 0
    const left = total !== undefined && rate > 0 ? ` · ${duration((total - done) / rate)} left` : ''
    const counted = total === undefined ? `${number(done)} ${what}` : `${number(done)} of ${number(total)} ${what} (${percent(done, total)} %)`
    return `${counted} · ${number(Math.round(rate))} ${what}/s${left}`
  }
  const draw = (): void => {
    drawn = true
    const filled = total === undefined ? 0 : Math.round((BAR_WIDTH * done) / Math.max(1, total))
    const bar = total === undefined ? '' : `[${'█'.repeat(filled)}${'·'.repeat(BAR_WIDTH - filled)}] `
    out.write(`\r\u001B[2K${`${label} ${bar}${line()}`.slice(0, (out.columns ?? 120) - 1)}`)
  }
  return {
    at: (now) => {
      done = now
      if (quiet || performance.now() - saidAt < (onTerminal ? REDRAW_MS : LINE_MS)) return
      saidAt = performance.now()
      if (onTerminal) draw()
      else out.write(`${label} ${line()}\n`)
    },
    end: () => {
      if (quiet) return
      if (onTerminal && drawn) out.write('\r\u001B[2K')
    },
  }
}

export const number = (n: number): string => n.toLocaleString('en-US')
const percent = (done: number, total: number): string => (total === 0 ? 100 : Math.floor((100 * done) / total)).toFixed(0)

/** 75 → 1 m 15 s */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return `${s} s`
  if (s < 3_600) return `${Math.floor(s / 60)} m ${s % 60} s`
  return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} m`
}
