import { closeSync, fdatasyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding } from './finding.ts'

/** Below this the journal soon refuses events, and merges of the store cannot be written. */
const LOW_BYTES = 1024 ** 3
const NONE_BYTES = 100 * 1024 ** 2
/** Each acknowledgement waits for one sync; network disks and consumer SSDs without a cache take longer. */
const SLOW_SYNC_MS = 20
const SYNCS = 20
const BLOCK = Buffer.alloc(4_096, 1)

/** Whether the data folder takes writes, how much room it has, and what a sync costs: median of 20 blocks of 4 KB. */
export async function checkFolder(dataDir: string): Promise<Finding> {
  let syncMs: number
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    syncMs = medianSync(join(dataDir, `doctor-${process.pid}.tmp`))
  } catch (error) {
    return {
      status: 'failed',
      says: `${dataDir} cannot be written: ${error instanceof Error ? error.message : ''}`,
      remedy: 'Give this user the right to write there, or set CAIRN_DATA_DIR.',
    }
  }
  const { bavail, bsize } = await statfs(dataDir)
  const free = bavail * bsize
  const says = `${dataDir}: ${(free / 1024 ** 3).toFixed(1)} GB free, a sync takes ${syncMs.toFixed(2)} ms`
  if (free < NONE_BYTES) return { status: 'failed', says, remedy: 'Free disk space: events can hardly be taken any more.' }
  if (free < LOW_BYTES) return { status: 'warning', says, remedy: 'Free disk space, or shorten the retention.' }
  if (syncMs > SLOW_SYNC_MS) return { status: 'warning', says, remedy: 'Put the data folder on a local SSD: every acknowledgement waits for a sync.' }
  return { status: 'ok', says }
}

function medianSync(file: string): number {
  const fd = openSync(file, 'w', 0o600)
  try {
    const times = Array.from({ length: SYNCS }, () => {
      const began = performance.now()
      writeSync(fd, BLOCK)
      fdatasyncSync(fd)
      return performance.now() - began
    }).sort((a, b) => a - b)
    return times[SYNCS / 2] ?? 0
  } finally {
    closeSync(fd)
    rmSync(file, { force: true })
  }
}
