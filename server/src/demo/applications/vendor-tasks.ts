import { DAY, HOUR, iso } from '../../base/time.ts'
import { comings, randomOf, tellOf, trackerOf, visit, type MakeApplication } from '../month/application.ts'
import type { DemoDay } from '../month/calendar.ts'
import { cast, servers } from '../month/people.ts'
import type { Random } from '../month/random.ts'
import type { Outbox, Sender, Site, Visit } from '../month/visit.ts'

/** Tasks that a company gives to its vendors. The browser tells what is looked at; what changes a task is told by the host's own server. */
const site: Site = { url: 'https://vendors.example.com', version: () => '2.14.1', tracker: trackerOf }
const host: Sender = { userAgent: servers.host, tracker: 'cairn-node/1.2.0' }
const clients = ['Aldgate Foods', 'Nordlicht Energie', 'Meridian Rail', 'Halden Papier', 'Castell Hotels', 'Bluefin Logistics']
const kinds = ['translation', 'layout', 'photo_edit', 'copywriting', 'data_entry', 'review'] as const
const reasons = ['workload', 'too_busy', 'not_my_skill', 'unclear', 'conflict', 'other'] as const
const COORDINATORS = 8
const PAST_PROJECTS = 14
/** A vendor with more does not get another. */
const MOST_OPEN = 7

interface Task {
  id: string
  kind: (typeof kinds)[number]
  client: string
  project: string
  assignee: string
  assignedMs: number
  dueMs: number
  status: 'assigned' | 'in_progress' | 'in_review'
}

export const vendorTasks: MakeApplication = (month) => {
  const begin = randomOf(month, 'vendor')
  const people = cast(begin, {
    count: 45,
    names: 70,
    old: 0.85,
    phoneShare: 0.2,
    userId: (n) => `u-${1_001 + n}`,
    traits: (n) => ({
      team: n < COORDINATORS ? 'Coordination' : `Vendors ${['north', 'south', 'abroad'][n % 3]}`,
      plan: 'enterprise',
      role: n < COORDINATORS ? 'coordinator' : 'vendor',
    }),
  })
  const [coordinators, vendors] = [people.slice(0, COORDINATORS), people.slice(COORDINATORS)]
  const tasks: Task[] = []
  let made = 0
  let told = 0

  /** Told by the host's server: no session, no page, and one numbering for each day's process. */
  const tell = (out: Outbox, day: DemoDay, at: number, type: string, task: Task, userId: string, more: Record<string, unknown>, durationMs?: number): void => {
    out.events.push({
      sender: host,
      fate: 'stored',
      event: {
        event_type: type,
        user_id: userId,
        entity_type: 'task',
        entity_id: task.id,
        event_metadata: { client: task.client, project_id: task.project, task_type: task.kind, ...more },
        ...(durationMs === undefined ? {} : { duration_ms: Math.round(durationMs) }),
        timestamp: iso(at),
        seq: ++told,
        source_id: `vendors-${day.date}`,
      },
    })
  }
  const assign = (out: Outbox, day: DemoDay, at: number, by: string, random: Random): void => {
    const free = vendors.filter((vendor) => vendor.since <= day.index && tasks.filter((task) => task.assignee === vendor.userId).length < MOST_OPEN)
    if (free.length === 0) return
    const client = random.whole(0, clients.length - 1)
    const task: Task = {
      id: `t-${4_001 + made++}`,
      kind: random.pick(kinds),
      client: clients[client] ?? '',
      project: `vp-${client + 1}${random.whole(1, 3)}`,
      assignee: random.pick(free).userId,
      assignedMs: at,
      dueMs: at + random.whole(2, 9) * DAY,
      status: 'assigned',
    }
    tasks.push(task)
    out.entities.push({
      entity_type: 'task',
      entity_id: task.id,
      attributes: {
        title: `${task.kind.replace('_', ' ')} for ${task.client}`,
        status: task.status,
        type: task.kind,
        project_id: task.project,
        client_id: task.client,
        created_by: by,
        start_date: iso(at),
        due_date: iso(task.dueMs),
      },
      assignees: [task.assignee],
      occurred_at: iso(at),
    })
    tell(out, day, at, 'task_assigned', task, by, {
      assignee: task.assignee,
      due_date: iso(task.dueMs).slice(0, 10),
      estimate_hours: random.pick([1, 2, 4, 4, 8, 16]),
    })
  }
  const say = (out: Outbox, at: number, task: Task, attributes: Record<string, unknown>): void => {
    out.entities.push({ entity_type: 'task', entity_id: task.id, attributes, merge: true, occurred_at: iso(at) })
  }
  /** What was done before the month began: the projects that today's are held against. */
  const past = (out: Outbox, day: DemoDay, random: Random): void => {
    for (let n = 0; n < PAST_PROJECTS; n++) {
      const client = clients[n % clients.length] ?? ''
      const project = `vp-${n + 1}0`
      const began = day.startMs - random.whole(50, 200) * DAY
      const days = random.whole(14, 44)
      const project_type = n % 2 === 0 ? 'campaign' : 'catalogue'
      const said = (entity_type: string, entity_id: string, attributes: Record<string, unknown>): void =>
        void out.entities.push({ entity_type, entity_id, attributes, occurred_at: iso(began) })
      said('project', project, {
        title: `${client}, ${project_type} ${n + 1}`,
        status: 'completed',
        type: project_type,
        client_id: client,
        start_date: iso(began).slice(0, 10),
        end_date: iso(began + days * DAY).slice(0, 10),
      })
      for (let t = random.whole(14, 36); t > 0; t--) {
        const from = began + random.whole(0, days - 2) * DAY
        said('task', `t-${1_000 + n * 40 + t}`, {
          title: `${random.pick(kinds).replace('_', ' ')} for ${client}`,
          status: 'completed',
          type: random.pick(kinds),
          project_id: project,
          client_id: client,
          start_date: iso(from),
          completed_at: iso(from + random.whole(4, 70) * HOUR),
        })
      }
    }
    for (const [n, client] of clients.entries())
      for (const part of [1, 2, 3])
        out.entities.push({
          entity_type: 'project',
          entity_id: `vp-${n + 1}${part}`,
          attributes: {
            title: `${client}, part ${part}`,
            status: 'active',
            type: part === 2 ? 'catalogue' : 'campaign',
            client_id: client,
            start_date: day.date,
          },
          occurred_at: iso(day.startMs),
        })
  }
  const handle = (out: Outbox, day: DemoDay, v: Visit, task: Task, userId: string): void => {
    const { random } = v
    const entity = ['task', task.id] as const
    const lookedMs = random.around(65_000)
    v.wait(9)
      .page(`/tasks/${task.id}`, task.kind)
      .do('task_viewed', { entity, metadata: { client: task.client, status: task.status }, durationMs: lookedMs })
    v.wait(lookedMs / 1_000)
    const change = (to: Task['status']): void => {
      tell(out, day, v.now, 'task_status_changed', task, userId, { from: task.status, to })
      task.status = to
      say(out, v.now, task, { status: to })
    }
    if (random.chance(0.3)) v.wait(70).do('task_commented', { entity, metadata: { words: Math.round(random.around(24)), mentions: random.whole(0, 2) } })
    if (task.status === 'assigned') {
      if (random.chance(0.09)) {
        const reason = random.pick(reasons)
        out.events.push({
          sender: host,
          fate: 'stored',
          byRejecting: true,
          event: {
            event_type: 'task_rejected',
            user_id: userId,
            entity_type: 'task',
            entity_id: task.id,
            event_metadata: { reason, ...(reason === 'other' ? { rejection_note: 'On leave until Monday' } : {}) },
            timestamp: iso(v.now),
          },
        })
        tasks.splice(tasks.indexOf(task), 1)
      } else if (random.chance(0.7)) change('in_progress')
    } else if (task.status === 'in_progress' && random.chance(0.5)) {
      v.wait(120).do('task_deliverable_added', { entity, metadata: { files: random.whole(1, 4), megabytes: Math.round(random.around(60)) / 10 } })
      change('in_review')
    } else if (task.status === 'in_review' && random.chance(0.6)) {
      tell(
        out,
        day,
        v.now,
        'task_completed',
        task,
        userId,
        { on_time: v.now <= task.dueMs, days: Math.round((v.now - task.assignedMs) / DAY) },
        v.now - task.assignedMs,
      )
      say(out, v.now, task, { status: 'completed', completed_at: iso(v.now) })
      tasks.splice(tasks.indexOf(task), 1)
    }
  }
  return {
    live(day, out) {
      told = 0
      const random = randomOf(month, 'vendor', day.date)
      tellOf(day, people, out)
      if (day.index === 0) past(out, day, randomOf(month, 'vendor', 'past'))
      const all = comings(day, random, { people, rhythm: 'office', weekend: 0.1, release: 1.05, falls: true })
      for (const coming of all) {
        const userId = coming.person.userId ?? ''
        const v = visit({ out, day, random, site }, coming)
        v.do('session_started').wait(5)
        if (coordinators.some((person) => person.userId === userId)) {
          v.page('/board', 'Board')
          for (let i = 1 + random.count(3); i > 0; i--) assign(out, day, v.wait(140).now, userId, random)
          if (random.chance(0.5)) v.wait(20).page('/reports', 'Reports')
        } else {
          v.page('/tasks', 'My tasks')
          const mine = tasks.filter((task) => task.assignee === userId && task.assignedMs < v.now)
          // One in eight assignments is left for another day, so that some tasks stay unopened for long.
          for (const task of mine) if (!random.chance(0.125)) handle(out, day, v, task, userId)
        }
        if (random.chance(0.6)) v.wait(25).do('session_ended', { durationMs: v.lastedMs })
      }
    },
  }
}
