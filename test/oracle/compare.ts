type Json = Record<string, unknown>
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Where two answers differ first, as a path; undefined where they are the same. Numbers may differ by as much as sums in another order do. */
export function difference(wanted: unknown, got: unknown, path = ''): string | undefined {
  if (typeof wanted === 'number' && typeof got === 'number') return areClose(wanted, got) ? undefined : path
  if (Array.isArray(wanted) && Array.isArray(got)) {
    for (let i = 0; i < Math.max(wanted.length, got.length); i++) {
      const found = difference(wanted[i], got[i], `${path}/${i}`)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (isJson(wanted) && isJson(got)) {
    for (const key of new Set([...Object.keys(wanted), ...Object.keys(got)])) {
      const found = difference(wanted[key], got[key], `${path}/${key}`)
      if (found !== undefined) return found
    }
    return undefined
  }
  return wanted === got ? undefined : path
}

const areClose = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b), 1e-3)

/** An answer without `meta`, and with what stands in no particular order in one: nodes, links, and properties of the same distance. */
export function comparable({ ...answer }: Json): Json {
  delete answer['meta']
  const sorted = (list: unknown, keyOf: (item: Json) => string): unknown =>
    Array.isArray(list) ? (list as Json[]).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)) : list
  if (answer['kind'] === 'paths') {
    return {
      ...answer,
      nodes: sorted(answer['nodes'], ({ id }) => String(id)),
      links: sorted(answer['links'], (link) => JSON.stringify([link['source'], link['target']])),
    }
  }
  if (answer['kind'] !== 'correlation') return answer
  const properties = answer['properties'] as { odds_ratio: number; field: string; value: string }[]
  const distances = properties.map((one) => Math.abs(Math.log(one.odds_ratio)))
  const isSorted = distances.every((distance, i) => i === 0 || distance <= (distances[i - 1] ?? 0) + 1e-9)
  return { ...answer, isSorted, properties: sorted(properties, ({ field, value }) => JSON.stringify([field, value])) }
}
