/** Least and most of what may be set; a tracker that rests for more than a day, or not at all, is a mistake. Apart from the schemas, as credentials.ts. */
export const breakerBounds = { budget_ms: [1, 10_000], failures: [1, 1_000], rest_ms: [1_000, 86_400_000] } as const
