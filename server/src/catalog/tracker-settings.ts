import { createHash } from 'node:crypto'
import type { Breaker, TrackerSettings } from '@cairn/wire/tracker'
import { streams, type Stream } from '../base/config.ts'

/** Six bytes: what is compared are the few versions that one workspace has had. */
const VERSION_LENGTH = 8

/** What trackers are told, with its version: equal settings have the same one on every node and after every start. */
export function trackerSettings(asked: { streamsOff: ReadonlySet<Stream>; sampling: number; breaker: Breaker }): TrackerSettings {
  const { budget_ms, failures, rest_ms } = asked.breaker
  const content = {
    streams_off: streams.filter((stream) => asked.streamsOff.has(stream)),
    sampling: asked.sampling,
    breaker: { budget_ms, failures, rest_ms },
  }
  return { version: createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, VERSION_LENGTH), ...content }
}
