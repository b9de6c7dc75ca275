/** Null where there is nothing. */
export const mean = (numbers: readonly number[]): number | null =>
  numbers.length === 0 ? null : numbers.reduce((sum, number) => sum + number, 0) / numbers.length

/** Between the two values around (n − 1) × p. */
export function percentile(numbers: readonly number[], p: number): number | null {
  if (numbers.length === 0) return null
  const sorted = numbers.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * p
  const [below = 0, above = below] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return below + (above - below) * (place - Math.floor(place))
}

/** Null over 0. */
export const share = (part: number, of: number): number | null => (of === 0 ? null : part / of)
