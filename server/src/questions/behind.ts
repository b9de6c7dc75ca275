import type { BodyOf } from '@cairn/wire/api'
import { DAY } from '../base/time.ts'
import { readCursor, writeCursor } from '../analytics/cursor.ts'
import { wideRows } from '../analytics/events.ts'
import { selected, toMs, toOutput, type StoredEvent } from '../analytics/stored.ts'
import type { Directory } from '../catalog/directory.ts'
import { describePeople } from '../people/seen.ts'
import { empty, sql, time, u32, u64, uuid } from '../store/sql.ts'
import type { Behind } from './asked.ts'
import { kindOf } from './ask.ts'
import { plan, type PlanDeps, type Planned } from './plan.ts'
import { FIRST_MS } from './range.ts'
import type { Question } from '@cairn/wire/questions/question'

export interface BehindDeps extends PlanDeps {
  directory: Directory
}
type Body = BodyOf<'queryPeople'>
interface Workspace {
  id: number
  timezone: string
}

const DEFAULT_LIMIT = 50

async function find(deps: PlanDeps, workspace: Workspace, { question, figure = {} }: Body): Promise<Planned<Question> & { behind: Behind }> {
  const planned = await plan(deps, workspace, question)
  return { ...planned, behind: await kindOf(question).behind(planned.asked as never, figure) }
}

/** The people behind a figure, by their keys; what is said of each is of all time. */
export async function peopleBehind(deps: BehindDeps, workspace: Workspace, body: Body): Promise<object> {
  const { asked, behind } = await find(deps, workspace, body)
  const { limit = DEFAULT_LIMIT } = body
  const cursor = readCursor(body.cursor, 'number')
  const [all, page] = await Promise.all([
    asked.query<{ people: string }>(sql`SELECT count() AS people FROM (${behind.people})`),
    asked.query<{ person: string }>(
      sql`SELECT person FROM (${behind.people})${cursor ? sql` WHERE person > ${u64(cursor.key)}` : empty} ORDER BY person LIMIT ${u32(limit + 1)}`,
    ),
  ])
  const keys = page.slice(0, limit).map(({ person }) => person)
  const ever = { fromMs: FIRST_MS, toMs: asked.now + DAY }
  const people = await describePeople(deps, { workspaceId: workspace.id, keys, range: ever, bots: empty })
  const last = page.length > limit ? keys.at(-1) : undefined
  return { people, count: Number(all[0]?.people ?? 0), next_cursor: last === undefined ? null : writeCursor({ ms: 0, key: last }) }
}

/** The events behind a figure, newest first. */
export async function eventsBehind(deps: BehindDeps, workspace: Workspace, body: Body): Promise<object> {
  const { asked, behind } = await find(deps, workspace, body)
  const { limit = DEFAULT_LIMIT } = body
  const cursor = readCursor(body.cursor, 'uuid')
  const { from, clause } = behind.events
  const after = cursor ? sql` WHERE (event_timestamp, event_id) < (${time(cursor.ms)}, ${uuid(cursor.key)})` : empty
  const [all, page] = await Promise.all([
    asked.query<{ events: string }>(sql`SELECT count() AS events FROM ${from} ${clause}`),
    deps.store.query<StoredEvent>(
      sql`SELECT ${selected} FROM (SELECT ${selected} FROM ${from} ${clause})${after} ORDER BY event_timestamp DESC, event_id DESC LIMIT ${u32(limit + 1)}`,
      { settings: wideRows },
    ),
  ])
  const last = page.rows.length > limit ? page.rows[limit - 1] : undefined
  return {
    events: page.rows.slice(0, limit).map(toOutput),
    count: Number(all[0]?.events ?? 0),
    next_cursor: last ? writeCursor({ ms: toMs(last.event_timestamp), key: last.event_id }) : null,
  }
}
