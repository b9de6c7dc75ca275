import { setTimeout as sleep } from 'node:timers/promises'
import { uuidv7 } from '../../base/ids.ts'
import { createWorkspace, getWorkspace } from '../../catalog/workspaces.ts'
import type { Reach } from '../reach/reach.ts'
import type { Finding } from './finding.ts'

/** A workspace of its own, so that nobody's figures change. */
export const DOCTOR_WORKSPACE = 'cairn-doctor'
const WHO = 'cairn-doctor'
const PATIENCE_MS = 10_000

/** Sends an event, reads it back, and removes it. */
export async function checkRoundTrip(cairn: Reach): Promise<Finding> {
  const { db } = cairn.catalog
  await getWorkspace(db, { slug: DOCTOR_WORKSPACE }).catch(() =>
    createWorkspace(db, { slug: DOCTOR_WORKSPACE, name: 'Checks by cairn doctor', now: Date.now() }),
  )
  await cairn.workspace(DOCTOR_WORKSPACE)
  const api = cairn.api(DOCTOR_WORKSPACE)
  const eventId = uuidv7(Date.now())
  const began = performance.now()
  await api.send('POST', '/api/events/log', { body: { event_id: eventId, event_type: 'doctor_checked', user_id: WHO } })
  const acknowledgedMs = performance.now() - began
  let seenMs: number | undefined
  while (seenMs === undefined && performance.now() - began < PATIENCE_MS) {
    const { events } = await api.get<{ events: Array<{ event_id: string }> }>('/api/events', { user_id: WHO, days: 2 })
    if (events.some((event) => event.event_id === eventId)) seenMs = performance.now() - began
    else await sleep(100)
  }
  const { deleted } = await api.send<{ deleted: number }>('DELETE', '/api/events/cleanup', { query: { older_than_days: 0, user_id: WHO } })
  if (seenMs === undefined)
    return {
      status: 'failed',
      says: `an event acknowledged after ${acknowledgedMs.toFixed(0)} ms cannot be read after ${PATIENCE_MS / 1_000} s`,
      remedy: 'Look at the parts "loader" and "store" of /api/health.',
    }
  const says = `acknowledged after ${acknowledgedMs.toFixed(0)} ms, read back after ${seenMs.toFixed(0)} ms, removed`
  return deleted > 0
    ? { status: 'ok', says }
    : { status: 'failed', says: `${says.replace(', removed', '')}, but not removed`, remedy: 'Look at the log: deleting does not work.' }
}
