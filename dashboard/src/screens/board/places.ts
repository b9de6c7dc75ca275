/** Places of widgets on a grid of 12 columns. Widgets do not lie upon each other, and float upwards: there is no gap above one. */
export const COLUMNS = 12
/** The contract takes no more. */
const MOST_ROWS = 100

export interface Place {
  id: string
  x: number
  y: number
  w: number
  h: number
}

const meets = (a: Place, b: Place): boolean => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
export const inReadingOrder = <P extends Omit<Place, 'id'>>(places: readonly P[]): P[] => places.toSorted((a, b) => a.y - b.y || a.x - b.x)

/** The layout once `moved` stands where it was put: what it lies upon makes way downwards. */
export function arranged(places: readonly Place[], moved: Place): Place[] {
  const w = Math.max(1, Math.min(COLUMNS, moved.w))
  const put = { ...moved, w, h: Math.max(1, Math.min(MOST_ROWS, moved.h)), x: Math.max(0, Math.min(COLUMNS - w, moved.x)), y: Math.max(0, moved.y) }
  const placed = [put]
  for (const place of inReadingOrder(places.filter(({ id }) => id !== moved.id))) {
    let { y } = place
    while (placed.some((other) => meets({ ...place, y }, other))) y++
    placed.push({ ...place, y })
  }
  return floated(placed)
}

function floated(places: readonly Place[]): Place[] {
  const risen: Place[] = []
  for (const place of inReadingOrder(places)) {
    let { y } = place
    while (y > 0 && !risen.some((other) => meets({ ...place, y: y - 1 }, other))) y--
    risen.push({ ...place, y })
  }
  return risen
}
