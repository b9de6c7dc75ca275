import { CairnError } from '../../base/errors.ts'
import { uuidv7 } from '../../base/ids.ts'
import { DAY } from '../../base/time.ts'
import type { DirectoryWorkspace } from '../../catalog/directory.ts'
import { plainText } from '../../ingest/json.ts'
import { kinds, plainPayload } from '../../ingest/record.ts'
import { momentSaid } from '../../ingest/said.ts'
import type { Kind } from '../fold.ts'

/** What is told of a session and is no event, as it goes through the journal into `session_records`. */
export interface SessionRecord {
  workspaceId: number
  /** Under which a repetition is known; made where the caller gave none. */
  id?: string | undefined
  keyId: string
  receivedAt: number
  record: 'started' | 'activity' | 'logout' | 'replaced' | 'stale'
  kind: Kind
  sessionId: string
  userId: string
  at: number
  about?: About | undefined
}

/** By what somebody logged in, where the host tells. */
export interface About {
  userAgent: string
  referrer: string
  device: string
  browser: string
  os: string
}

/** The journal's line. */
export const recordPayload = ({ workspaceId, id, keyId, receivedAt, record, kind, sessionId, userId, at, about }: SessionRecord): string =>
  plainPayload(kinds.session, {
    workspaceId,
    receivedAt,
    keyId,
    tracker: '',
    source: 'api',
    id: id ?? uuidv7(receivedAt),
    data: {
      record,
      kind,
      session_id: plainText(sessionId),
      user_id: plainText(userId),
      at_ms: at,
      ...(about && {
        user_agent: plainText(about.userAgent),
        referrer: plainText(about.referrer),
        device_type: about.device,
        browser: about.browser,
        os: about.os,
      }),
    },
  })

/**
 * When it was told to have happened, by the rules for events: corrected by `sent_at`, at most a day ahead, and no older than the workspace keeps.
 * Throws `invalid`.
 */
export function momentTold(body: Record<string, unknown>, { retentionDays }: Pick<DirectoryWorkspace, 'retentionDays'>, now: number): number {
  const at = momentSaid(body, now)
  const message = `is older than the ${retentionDays} days that this workspace keeps`
  if (retentionDays !== null && at < now - retentionDays * DAY)
    throw new CairnError('invalid', `occurred_at ${message}.`, { errors: [{ path: '/occurred_at', message }] })
  return at
}
