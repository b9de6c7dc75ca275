import type { DeviceType } from '@cairn/wire/event'
import type { Reason } from '@cairn/wire/outcome'
import type { FieldError } from '../base/errors.ts'
import type { DirectoryWorkspace } from '../catalog/directory.ts'
import type { Page } from './channel-page.ts'

export type Json = Record<string, unknown>

/** What one request says about all of its events. */
export interface Sender {
  workspace: DirectoryWorkspace
  keyId: string
  /** Where events come from: the API, an import, a replay out of quarantine. */
  source: 'api' | 'import' | 'replay'
  /** Name and version of the tracker, as far as the request tells; printable ASCII. */
  tracker: string
  userAgent: string
  /** Derived from the sender's address, which is not kept. */
  country: string
  /** Sent from an address that the workspace says is its own. */
  isInternal: boolean
  /** The browser sent Global Privacy Control or Do Not Track. */
  privacySignal: boolean
  receivedAt: number
  /** When the event first arrived: earlier than receivedAt where it comes out of quarantine. */
  arrivedAt: number
  /** The sender's clock when it sent; undefined where it did not say. */
  sentAt: number | undefined
  historical: boolean
  /** Id for events that come without one; '' where there is none. */
  visitor: string
}

/** An event on its way through the steps: first as sent, then filled in field by field. Absent texts are ''. */
export interface Draft {
  input: Json
  eventId: string
  /** False where the server made the id: such an event cannot be told from its repetition. */
  givenId: boolean
  eventType: string
  eventCategory: string
  eventAction: string
  userId: string
  anonymousId: string
  sessionId: string
  entityType: string
  entityId: string
  metadata: Json
  /** JSON of metadata and context; '' where empty. */
  metadataText: string
  contextText: string
  /** Metadata without the property paths over the workspace's limit; '' where nothing is over it. */
  boundedMetadataText: string
  context: Json | undefined
  givenDevice: DeviceType | undefined
  deviceType: DeviceType
  browser: string
  os: string
  isBot: boolean
  isInternal: boolean
  isNewType: boolean
  durationMs: number | undefined
  seq: number | undefined
  sourceId: string
  tracker: string
  timestamp: number
  page: Page
}

/** Why an event goes no further. `errors` name the fields where that helps. */
export interface Drop {
  step: string
  reason: Reason
  message: string
  errors?: readonly FieldError[]
}
