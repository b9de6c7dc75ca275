import type { LiveId } from '@cairn/wire/live'

/**
 * A place in the journal, and the id of the event that stands there: number of the segment, and the byte at which the line of the event
 * begins. Both stay what they are over restarts, and also when a record before it is damaged later; as text they sort as they happened.
 */
export interface Position {
  segment: number
  offset: number
}

/** Behind all events of a segment; segments are far shorter than 100 MB. */
export const END = 99_999_999

export const formatPosition = ({ segment, offset }: Position): LiveId => `${String(segment).padStart(14, '0')}.${String(offset).padStart(8, '0')}`

export const readPosition = (id: LiveId): Position | undefined => {
  const [, segment, offset] = /^(\d{14})\.(\d{8})$/.exec(id) ?? []
  return segment === undefined ? undefined : { segment: Number(segment), offset: Number(offset) }
}

export const isBefore = (a: Position, b: Position): boolean => a.segment < b.segment || (a.segment === b.segment && a.offset < b.offset)
