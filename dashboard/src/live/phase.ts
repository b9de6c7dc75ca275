/**
 * How a live connection stands, and what brings it from one to another. `refused`: the server ended it for good, and only somebody who asks
 * (`due`) tries again. `stopped`: nobody needs it any more.
 */
export type PhaseName = 'connecting' | 'open' | 'waiting' | 'refused' | 'stopped'
/** `told`: the subscription holds. `lost`: closed or silent. `due`: the pause is over, or somebody asked. `ended`: closed by the server for good. */
export type Happening = 'told' | 'lost' | 'due' | 'ended' | 'stop'

export const nextPhase = {
  connecting: { told: 'open', lost: 'waiting', due: 'connecting', ended: 'refused', stop: 'stopped' },
  open: { told: 'open', lost: 'waiting', due: 'open', ended: 'refused', stop: 'stopped' },
  waiting: { told: 'waiting', lost: 'waiting', due: 'connecting', ended: 'waiting', stop: 'stopped' },
  refused: { told: 'refused', lost: 'refused', due: 'connecting', ended: 'refused', stop: 'stopped' },
  stopped: { told: 'stopped', lost: 'stopped', due: 'stopped', ended: 'stopped', stop: 'stopped' },
} as const satisfies Record<PhaseName, Record<Happening, PhaseName>>

export type Phase =
  | { is: 'connecting' | 'open' | 'stopped' }
  /** `tries`: connections in a row that did not come about. */
  | { is: 'waiting'; until: number; tries: number }
  /** `message`: the server's words, where it said any. */
  | { is: 'refused'; why: Refusal; message: string }
export type Refusal = 'refused' | 'unauthorized' | 'forbidden' | 'ended'
