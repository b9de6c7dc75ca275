export interface Page {
  next_cursor: string | null
}

/** Where each page of a list begins, as far as is known, and how many rows that makes. */
export interface Places {
  cursors: readonly string[]
  rows: number
}

export const unknown: Places = { cursors: [''], rows: 0 }

/**
 * A page tells where the next one begins. Where that has moved, such as with new events on the first page, what was known of the pages
 * behind it no longer holds. All pages but the last have `pageSize` rows.
 */
export function learnt(places: Places, n: number, answer: { next: string | null; rows: number } | undefined, pageSize: number): Places {
  if (answer === undefined) return places
  const rows = n * pageSize + answer.rows
  if (answer.next === null) {
    const isKnown = places.cursors.length === n + 1 && places.rows === rows
    return isKnown ? places : { cursors: places.cursors.slice(0, n + 1), rows }
  }
  if (places.cursors[n + 1] === answer.next) return places
  return { cursors: [...places.cursors.slice(0, n + 1), answer.next], rows }
}
