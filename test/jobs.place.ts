import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { MINUTE, type Clock } from '../server/src/base/time.ts'
import type { Catalog } from '../server/src/catalog/db.ts'
import type { Directory } from '../server/src/catalog/directory.ts'
import type { Job } from '../server/src/jobs/job.ts'
import { Scheduler } from '../server/src/jobs/scheduler.ts'
import { connect, silent, watch, type Place } from './catalog.place.ts'

export const sqlitePlace = async (): Promise<Place> => {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-jobs-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return { file: join(folder, 'catalog.sqlite'), bytes: () => Promise.reject(new Error('not looked at')) }
}

export interface HandClock extends Clock {
  set(at: string | number): void
  advance(ms: number): void
}

export function handClock(at: string): HandClock {
  let now = Date.parse(at)
  return { now: () => now, set: (to) => (now = typeof to === 'number' ? to : Date.parse(to)), advance: (ms) => (now += ms) }
}

export interface Node {
  scheduler: Scheduler
  directory: Directory
  catalog: Catalog
  /** Looks what is due, and waits until it is done. */
  due(): Promise<void>
}

/** A scheduler on a connection of its own, that looks when the test says so. */
export async function startNode(place: Place, { node, clock, jobs }: { node: string; clock: Clock; jobs: readonly Job[] }): Promise<Node> {
  const catalog = await connect(place)
  const directory = await watch(catalog)
  const scheduler = new Scheduler({ db: catalog.db, directory, clock, log: silent, node, jobs })
  await scheduler.start({ looks: false })
  onTestFinished(() => scheduler.stop())
  const due = async (): Promise<void> => {
    await directory.refresh()
    await scheduler.look()
    await scheduler.settled()
  }
  return { scheduler, directory, catalog, due }
}

/** Longer than a lease lasts. */
export const LEASE_OVER_MS = 2 * MINUTE

/** A promise with its keys outside. */
export function gate(): { passed: Promise<void>; open: () => void } {
  let open!: () => void
  return { passed: new Promise((resolve) => (open = resolve)), open }
}
