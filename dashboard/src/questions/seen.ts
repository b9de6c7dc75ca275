import type { AnswerOf } from '@cairn/wire/api'
import type { Condition, Step } from '@cairn/wire/questions/question'
import { eventFields, sessionFields } from '@cairn/wire/questions/vocabulary'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useWorkspace } from '../account.tsx'
import { ask } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import { fieldName } from './names.ts'
import { askQuestion } from './use-answer.ts'

const t = texts.insights.fields

export type SeenType = AnswerOf<'listTypes'>['types'][number]
export interface Group {
  group: string
  items: Array<{ value: string; label: string }>
}

/** What this workspace has sent so far: the builder offers it while somebody types. */
export function useTypes(): readonly SeenType[] {
  const { slug } = useWorkspace()
  return useQuery(ask('listTypes', { workspace: slug })).data?.types ?? NONE
}
const NONE: readonly SeenType[] = []

export type Wanted = 'any' | 'number'
const columns: Record<string, { kind: string }> = eventFields
const ofSessions: Record<string, { kind: string }> = sessionFields

/** Fields to choose from: columns, properties that were seen with their examples, fields of sessions; `wanted` numbers only. */
export function useFields(steps: readonly Step[], wanted: Wanted = 'any'): { groups: Group[]; exampleOf: (field: string) => string | undefined } {
  const types = useTypes()
  const named = steps.flatMap(({ event }) => (event === undefined ? [] : [event])).join('\n')
  return useMemo(() => {
    const asked = named.split('\n')
    const those = types.filter(({ event_type }) => asked.includes(event_type))
    const properties = new Map((those.length > 0 ? those : types).flatMap((type) => type.properties).map((property) => [`metadata.${property.path}`, property]))
    const fits = (kind: string): boolean => wanted === 'any' || kind === wanted
    const items = (names: readonly string[]) => names.map((value) => ({ value, label: fieldName(value) }))
    const groups = [
      { group: t.columns, items: items(Object.keys(eventFields).filter((name) => fits(columns[name]?.kind ?? ''))) },
      {
        group: t.properties,
        items: items([...properties].filter(([, { types: kinds }]) => wanted === 'any' || kinds.includes('number')).map(([path]) => path)),
      },
      {
        group: t.session,
        items: items(
          Object.keys(sessionFields)
            .filter((name) => fits(ofSessions[name]?.kind ?? ''))
            .map((name) => `session.${name}`),
        ),
      },
    ].filter(({ items: found }) => found.length > 0)
    return { groups, exampleOf: (field) => properties.get(field)?.example }
  }, [types, named, wanted])
}

/** The values of a field that came most often in the last 30 days. Asked for once somebody is about to choose. */
export function useValues({ field }: Condition, isWanted: boolean): string[] {
  const { slug } = useWorkspace()
  const found = useQuery({
    ...askQuestion(slug, { kind: 'trends', range: '30d', interval: 'month', series: [{ any: true }], breakdown: field ?? '' }),
    enabled: isWanted && field !== undefined,
    staleTime: Infinity,
    retry: false,
  })
  if (found.data?.kind !== 'trends' || found.isPlaceholderData) return []
  return found.data.series.map(({ breakdown }) => breakdown ?? '').filter((value) => value !== '' && !/^\((none|other)\)$/.test(value))
}

/** As many as a list of choices is read through. */
const MOST_COHORTS = 200
const NO_COHORTS: AnswerOf<'listCohorts'>['cohorts'] = []

/** The saved groups of people. */
export function useCohorts(): AnswerOf<'listCohorts'>['cohorts'] {
  const { slug } = useWorkspace()
  return useQuery(ask('listCohorts', { workspace: slug, query: { limit: MOST_COHORTS } })).data?.cohorts ?? NO_COHORTS
}
