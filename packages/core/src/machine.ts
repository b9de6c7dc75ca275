/**
 * What a sender does next: for every state, where each signal leads. A state or a signal without its cell does not compile.
 * Numbers rather than names, since browsers download this; what a state does when it is entered stands in sender.ts.
 *
 * | state | |
 * |---|---|
 * | `idle` | nothing to send |
 * | `waiting` | for a full batch or the interval |
 * | `sending` | one request is under way |
 * | `resting` | after a failure, until the back-off is over |
 * | `open` | the breaker has tripped: nothing is sent until it has rested |
 * | `trying` | one request, which decides whether the breaker closes again |
 * | `held` | consent is asked for: what comes is kept in memory only |
 * | `off` | opted out or shut down: nothing is taken |
 */
export type State = 'idle' | 'waiting' | 'sending' | 'resting' | 'open' | 'trying' | 'held' | 'off'
export const states = ['idle', 'waiting', 'sending', 'resting', 'open', 'trying', 'held', 'off'] as const

export const IDLE = 0
export const WAITING = 1
export const SENDING = 2
export const RESTING = 3
export const OPEN = 4
export const TRYING = 5
export const HELD = 6
export const OFF = 7

/** Something is there to send. */
export const QUEUED = 0
/** Enough of it, or it is wanted now. */
export const FULL = 1
/** The timer has run out. */
export const DUE = 2
/** All that was asked for has arrived. */
export const SENT = 3
/** A part has; the next goes at once. */
export const MORE = 4
/** The request was not taken, and is to be repeated. */
export const FAILED = 5
/** Too many failures, or too much of the host's time. */
export const TRIPPED = 6
/** Consent, and its end. */
export const GRANTED = 7
export const DENIED = 8

export type Place = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7
export type Signal = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8
type Row = readonly [Place, Place, Place, Place, Place, Place, Place, Place, Place]

// oxfmt-ignore
export const machine: readonly [Row, Row, Row, Row, Row, Row, Row, Row] = [
  //           QUEUED   FULL     DUE      SENT     MORE     FAILED   TRIPPED  GRANTED  DENIED
  /* idle    */ [WAITING, SENDING, IDLE,    IDLE,    IDLE,    IDLE,    OPEN,    IDLE,    OFF],
  /* waiting */ [WAITING, SENDING, SENDING, WAITING, WAITING, WAITING, OPEN,    WAITING, OFF],
  /* sending */ [SENDING, SENDING, SENDING, IDLE,    SENDING, RESTING, OPEN,    SENDING, OFF],
  /* resting */ [RESTING, RESTING, SENDING, RESTING, RESTING, RESTING, OPEN,    RESTING, OFF],
  /* open    */ [OPEN,    OPEN,    TRYING,  OPEN,    OPEN,    OPEN,    OPEN,    OPEN,    OFF],
  /* trying  */ [TRYING,  TRYING,  TRYING,  IDLE,    SENDING, OPEN,    OPEN,    TRYING,  OFF],
  /* held    */ [HELD,    HELD,    HELD,    HELD,    HELD,    HELD,    HELD,    IDLE,    OFF],
  /* off     */ [OFF,     OFF,     OFF,     OFF,     OFF,     OFF,     OFF,     IDLE,    OFF],
]
