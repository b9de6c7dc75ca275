import { BatchInput } from '@cairn/wire/event'
import type { SourceEnd } from '@cairn/wire/tracker'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { describe } from '../base/describe.ts'
import { CairnError } from '../base/errors.ts'
import { uuidv7 } from '../base/ids.ts'
import type { Sender } from './draft.ts'
import { plainText } from './json.ts'
import { kinds, plainPayload } from './record.ts'
import { tidyTracker } from './shape.ts'

/** What a batch says beside its events. */
const Said = Type.Pick(BatchInput, ['ended', 'settings', 'visitor'])
const schema = Compile(Said)

/** Null counts as absent. Throws `malformed` with the paths that are wrong. */
export function readSaid(body: Readonly<Record<string, unknown>>): Static<typeof Said> {
  const said = withoutNulls({
    ended: Array.isArray(body['ended']) ? body['ended'].map(withoutNulls) : body['ended'],
    settings: body['settings'],
    visitor: body['visitor'],
  })
  if (schema.Check(said)) return said
  const errors = describe(schema.Errors(said))
  throw new CairnError('malformed', `${errors.map(({ path, message }) => `${path.slice(1)} ${message}`).join('; ')}.`, { errors })
}

const withoutNulls = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).filter(([, entry]) => entry != null)) : value

/** The journal's line of an end; the loader brings it into `source_ends`. */
export const endPayload = ({ source_id, seq, tracker }: SourceEnd, { workspace, receivedAt, keyId, source, ...sender }: Sender): string =>
  plainPayload(kinds.end, {
    workspaceId: workspace.id,
    receivedAt,
    keyId,
    tracker: tracker === undefined ? sender.tracker : tidyTracker(tracker),
    source,
    id: uuidv7(receivedAt),
    data: { source_id: plainText(source_id), seq },
  })
