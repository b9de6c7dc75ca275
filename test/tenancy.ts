/** One request with the key of one workspace for what belongs to another. */
export interface Attempt {
  path: string
  body?: unknown
  /** Statuses of an answer in which the first workspace plays no part; 200 means: and nothing of it is in there. */
  answers: number[]
}

export const ok = [200]
export const notFound = [404]
export const paged = (path: string, cursors: readonly string[]): Attempt[] => [
  { path, answers: ok },
  ...cursors.map((cursor) => ({ path: `${path}&cursor=${encodeURIComponent(cursor)}`, answers: [200, 422] })),
]
