import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Answer, TestCairn, TestWorkspace } from '../cairn.ts'
import { column, IMPORT, known, type Event, type World } from './event.ts'
import { personOfUser } from './people.ts'

export interface Loaded {
  sampled: World['sampled']
  /** The answer to a question about the world, in which cohorts are named by their place. */
  readonly ask: (path: string, question: object) => Promise<Answer>
}

/** Tells a world to a new workspace as its hosts would; some events twice. */
export async function load(cairn: TestCairn, world: World): Promise<Loaded> {
  cairn.clock.advance(world.now - cairn.clock.now())
  const w = await cairn.workspace({ retentionDays: null, timezone: world.timezone })
  const settings = await w.call('PATCH', '/api/workspace', { internal: world.internal })
  expect(settings).toMatchObject({ status: 200, body: { internal: world.internal } })
  const early = known(world)
  await tell(cairn, w, world, 0)
  await tellFacts(w, early.facts)
  const make = async ({ type, definition }: World['cohorts'][number]): Promise<unknown> => {
    const { status, body } = await w.call('POST', '/api/cohorts', { name: 'cohort', type, definition })
    expect({ status, body }).toMatchObject({ status: 200 })
    return body['id']
  }
  const cohorts: unknown[] = []
  for (const cohort of world.cohorts) cohorts.push(await make(cohort))
  for (const request of [1, IMPORT]) await tell(cairn, w, world, request)
  await tellFacts(w, world.facts.slice(early.facts.length))
  for (const { type, id, attributes } of world.entities)
    expect(await w.call('PUT', `/api/entities/${type}/${id}`, { attributes })).toMatchObject({ status: 200 })
  // Waits until everything counts.
  await w.get('/api/events?limit=1')
  const ask: Loaded['ask'] = async (path, question) => {
    const named = cohorts.reduce(
      (text: string, id, i) => text.replaceAll(`"cohort.cohort ${i}"`, `"cohort.${String(id)}"`).replaceAll(`"cohort ${i}"`, JSON.stringify(id)),
      JSON.stringify(question),
    )
    const { body, ...answer } = await w.call('POST', path, JSON.parse(named))
    const told = cohorts.reduce((text: string, id, i) => text.replaceAll(`"cohort.${String(id)}"`, `"cohort.cohort ${i}"`), JSON.stringify(body))
    return { ...answer, body: JSON.parse(told) as Answer['body'] }
  }
  const sampled = new Map<number, ReadonlySet<string>>()
  for (const sample of samples) sampled.set(sample, await peopleOf(world, ask, sample))
  return { ask, sampled }
}

/** One request, or one file, with what came before once more. */
async function tell(cairn: TestCairn, w: TestWorkspace, world: World, request: number): Promise<void> {
  const own = world.events.filter((event) => event.request === request)
  if (own.length === 0) return
  cairn.clock.advance(1)
  const earlier = world.events.filter((event) => event.request < request).slice(0, 3)
  const events = [...own.map(toInput), ...earlier.map((event) => ({ ...toInput(event), event_type: 'told_again' }))]
  const asFile: Record<string, string> = request === IMPORT ? { Authorization: `Bearer ${w.secretKey}`, 'X-Cairn-Source': 'import' } : {}
  const { body } = await w.post('/api/events/log/batch', { historical: true, events }, asFile)
  expect(body).toMatchObject({ success: true, accepted: events.length })
}

async function tellFacts(w: TestWorkspace, facts: World['facts']): Promise<void> {
  const told = await Promise.all(
    facts.map(({ fact, at, user, ...rest }) =>
      w.call('POST', `/api/people/${fact}`, {
        event_id: randomUUID(),
        user_id: user,
        timestamp: at,
        ...('other' in rest ? { other_id: rest.other } : { anonymous_id: rest.device, traits: rest.traits }),
      }),
    ),
  )
  for (const { status, body } of told) expect({ status, body }).toMatchObject({ status: 200 })
}

/** Shares that questions look at. */
export const samples = [0.3, 0.7] as const

/** Everybody of a sample, by the names that they have here. */
async function peopleOf(world: World, ask: Loaded['ask'], sample: number): Promise<ReadonlySet<string>> {
  const question = { kind: 'trends', ...EVER, interval: 'month', series: [{ any: true }], sample, include_bots: true, include_internal: true }
  const { status, body } = await ask('/api/query/people', { question, limit: 200 })
  expect({ status, body }).toMatchObject({ status: 200 })
  const people = body['people'] as { user_id: string | null; anonymous_id: string | null }[]
  return new Set(people.map(({ user_id, anonymous_id }) => (user_id === null ? `visitor ${anonymous_id}` : personOfUser(world, user_id))))
}
const EVER = { from: '2040-01-01', to: '2046-01-01' }

/** The halves of an id are the same number, so that ids have one order however they are compared. */
function idOf({ n }: Pick<Event, 'n'>): string {
  const hex = n.toString(16).padStart(8, '0')
  return `${hex}-0000-7000-8000-0000${hex}`
}

function toInput(event: Event): object {
  const absent = (name: string): string | undefined => column(event, name) || undefined
  return {
    event_id: idOf(event),
    timestamp: event.at,
    seq: event.seq,
    internal: event.isInternal || undefined,
    event_type: column(event, 'event_type'),
    event_category: absent('event_category'),
    user_id: absent('user_id'),
    anonymous_id: absent('anonymous_id'),
    session_id: absent('session_id'),
    entity_type: absent('entity_type'),
    entity_id: absent('entity_id'),
    device_type: column(event, 'device_type'),
    tracker: column(event, 'tracker'),
    duration_ms: event.duration_ms,
    event_metadata: event.metadata,
    context_snapshot: event.context,
  }
}
