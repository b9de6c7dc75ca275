import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Answer, TestCairn } from '../cairn.ts'
import { column, type Event, type World } from './event.ts'

export interface Loaded {
  /** The answer to a question about the world, in which cohorts are named by their place. */
  readonly ask: (path: string, question: object) => Promise<Answer>
}

/** Tells a world to a new workspace as its hosts would; some events twice. */
export async function load(cairn: TestCairn, world: World): Promise<Loaded> {
  cairn.clock.advance(world.now - cairn.clock.now())
  const w = await cairn.workspace({ retentionDays: null, timezone: world.timezone })
  const settings = await w.call('PATCH', '/api/workspace', { internal: world.internal })
  expect(settings).toMatchObject({ status: 200, body: { internal: world.internal } })
  for (const request of [...new Set(world.events.map((event) => event.request))].toSorted((a, b) => a - b)) {
    cairn.clock.advance(1)
    const own = world.events.filter((event) => event.request === request)
    const earlier = world.events.filter((event) => event.request < request).slice(0, 3)
    const events = [...own.map(toInput), ...earlier.map((event) => ({ ...toInput(event), event_type: 'told_again' }))]
    const { body } = await w.post('/api/events/log/batch', { historical: true, events })
    expect(body).toMatchObject({ success: true, accepted: events.length })
  }
  const told = await Promise.all([
    ...world.facts.map(({ fact, at, user, ...rest }) =>
      w.call('POST', `/api/people/${fact}`, {
        event_id: randomUUID(),
        user_id: user,
        timestamp: at,
        ...('other' in rest ? { other_id: rest.other } : { anonymous_id: rest.device, traits: rest.traits }),
      }),
    ),
    ...world.entities.map(({ type, id, attributes }) => w.call('PUT', `/api/entities/${type}/${id}`, { attributes })),
  ])
  for (const { status, body } of told) expect({ status, body }).toMatchObject({ status: 200 })
  // Waits until everything counts.
  await w.get('/api/events?limit=1')
  const cohorts = await Promise.all(
    world.cohorts.map(async (definition, i) => {
      const { status, body } = await w.call('POST', '/api/cohorts', { name: `cohort ${i}`, type: 'live', definition })
      expect({ status, body }).toMatchObject({ status: 200 })
      return body['id']
    }),
  )
  return {
    ask: (path, question) => {
      const named = cohorts.reduce((text: string, id, i) => text.replaceAll(`"cohort ${i}"`, JSON.stringify(id)), JSON.stringify(question))
      return w.call('POST', path, JSON.parse(named))
    },
  }
}

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
