import { counts, eventFields, measures, operators, sessionFields } from '@cairn/wire/questions/vocabulary'

const labels = <Names extends string>(of: Record<Names, { label: string }>): Record<Names, string> =>
  Object.fromEntries(Object.entries<{ label: string }>(of).map(([name, { label }]) => [name, label])) as Record<Names, string>

/** What a question may name: its words in English are those of the API's own documentation. */
export const vocabulary = { columns: labels(eventFields), ofSession: labels(sessionFields), operators: labels(operators), counts, measures } as const
