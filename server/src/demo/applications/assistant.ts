import { comings, randomOf, tellOf, trackerOf, visit, type MakeApplication } from '../month/application.ts'
import { cast } from '../month/people.ts'
import type { Random } from '../month/random.ts'
import type { Site, Visit } from '../month/visit.ts'

/** A work assistant: projects, goals, mail, calendar, and an AI that proposes what to do next. */
const site: Site = { url: 'https://assistant.example.com', version: (day) => (day.released ? '5.0.0' : '4.9.2'), tracker: trackerOf }
const teams = ['Product', 'Engineering', 'Design', 'Finance', 'People']
const roles = ['manager', 'member', 'member', 'member', 'assistant']
const topics = ['onboarding', 'roadmap', 'budget', 'hiring', 'website', 'launch', 'audit', 'offsite', 'pricing', 'support', 'migration', 'handbook']

interface Project {
  id: string
  name: string
  subtasks: number
}

export const assistant: MakeApplication = (month) => {
  const begin = randomOf(month, 'assistant')
  const people = cast(begin, {
    count: 70,
    names: 0,
    old: 0.8,
    phoneShare: 0.12,
    userId: (_, email) => email,
    traits: (n, random) => ({
      team: teams[n % teams.length] ?? '',
      plan: random.weighted([
        ['free', 5],
        ['team', 4],
        ['business', 2],
      ]),
      role: random.pick(roles),
    }),
  })
  let made = 0
  const newProject = (random: Random): Project => ({
    id: `p-${101 + made++}`,
    name: `${random.pick(topics)} ${2026 + (made % 2)}`,
    subtasks: random.whole(3, 9),
  })
  const projects = Array.from({ length: 26 }, () => newProject(begin))

  const work = (v: Visit): void => {
    const { random } = v
    if (random.chance(0.07) || projects.length < 12) {
      const project = newProject(random)
      projects.push(project)
      v.wait(25)
        .do('modal_opened', { metadata: { modal: 'new_project' } })
        .wait(50)
      v.do('project_created', { entity: ['project', project.id], metadata: { name: project.name, template: random.pick(['blank', 'launch', 'sprint']) } })
      return
    }
    const project = random.pick(projects)
    const entity = ['project', project.id] as const
    v.wait(20)
      .page(`/projects/${project.id}`, project.name)
      .do('project_opened', { entity, metadata: { name: project.name } })
    if (random.chance(0.55)) v.wait(70).do('project_updated', { entity, metadata: { field: random.pick(['status', 'due_date', 'owner', 'description']) } })
    for (let i = random.count(0.9); i > 0 && project.subtasks > 0; i--) {
      project.subtasks--
      v.wait(90).do('project_subtask_completed', { entity, metadata: { left: project.subtasks }, durationMs: random.around(1_500_000) })
    }
    if (project.subtasks === 0) {
      projects.splice(projects.indexOf(project), 1)
      v.wait(15).do('project_completed', { entity, metadata: { name: project.name, on_time: random.chance(0.7) } })
    }
  }
  return {
    live(day, out) {
      const random = randomOf(month, 'assistant', day.date)
      tellOf(day, people, out)
      for (const coming of comings(day, random, { people, rhythm: 'office', weekend: 0.12, release: 1.6, falls: true })) {
        const v = visit({ out, day, random, site }, coming)
        v.do('session_started', { metadata: { app_version: site.version(day) } })
          .wait(4)
          .page('/', 'Today')
        if (random.chance(0.35)) standup(v)
        for (let i = 1 + random.count(2.2); i > 0; i--) {
          const next = random.weighted([
            [work, 34],
            [mail, 26],
            [calendar, 16],
            [ask, day.releaseDay ? 40 : day.released ? 18 : 11],
            [goals, 6],
            [search, 7],
          ])
          next(v)
        }
        // First seen with the release: a type that nobody has declared yet.
        if (day.released && random.chance(0.12)) v.wait(30).do('digest_opened', { metadata: { edition: day.date, items: random.whole(3, 12) } })
        if (random.chance(0.7)) v.wait(30).do('session_ended', { metadata: { reason: random.chance(0.6) ? 'sign_out' : 'closed' }, durationMs: v.lastedMs })
      }
    },
  }
}

const standup = (v: Visit): void => {
  const durationMs = v.random.around(95_000)
  v.wait(durationMs / 1_000).do('standup_completed', { metadata: { items: v.random.whole(2, 7), blockers: v.random.chance(0.2) ? 1 : 0 }, durationMs })
}

function mail(v: Visit): void {
  const { random } = v
  v.wait(10).page('/mail', 'Inbox')
  for (let i = 1 + random.count(1.2); i > 0; i--) {
    const entity = ['email', `m-${random.whole(10_000, 99_999)}`] as const
    v.wait(18).do('email_opened', { entity, metadata: { folder: random.chance(0.8) ? 'inbox' : 'suggested', has_attachment: random.chance(0.3) } })
    const then = random.next()
    if (then < 0.3)
      v.wait(110).do('email_replied', {
        entity,
        metadata: { ai_draft: random.chance(0.45), words: Math.round(random.around(70)) },
        durationMs: random.around(100_000),
      })
    else if (then < 0.7) v.wait(6).do('email_archived', { entity })
    else if (then < 0.76) v.wait(8).do('email_feedback_given', { entity, metadata: { rating: random.whole(2, 5), feature: 'draft' } })
  }
}

function calendar(v: Visit): void {
  const { random } = v
  v.wait(9).page('/calendar', 'Calendar')
  if (random.chance(0.4)) v.wait(6).do('calendar_view_changed', { metadata: { view: random.pick(['day', 'week', 'month']) } })
  const entity = ['calendar_event', `e-${random.whole(2_000, 4_999)}`] as const
  if (random.chance(0.6)) v.wait(12).do('calendar_event_opened', { entity, metadata: { attendees: random.whole(2, 9) } })
  if (random.chance(0.25))
    v.wait(60).do('calendar_event_created', { entity, metadata: { minutes: random.pick([15, 30, 30, 45, 60]), suggested: random.chance(0.3) } })
}

function ask(v: Visit): void {
  const { random } = v
  const entity = ['wizard', `w-${random.whole(10_000, 99_999)}`] as const
  const kind = random.pick(['plan_week', 'summarise_mail', 'draft_agenda', 'split_project'])
  v.wait(12).do('ai_wizard_started', { entity, metadata: { kind } })
  const durationMs = random.around(38_000)
  v.wait(durationMs / 1_000)
  if (!random.chance(0.72)) return
  v.do('ai_wizard_completed', { entity, metadata: { kind, steps: random.whole(2, 5), suggestions: 3 }, durationMs })
  for (let i = random.whole(1, 3); i > 0; i--) {
    const score = Math.round(random.next() * 100) / 100
    v.wait(11).do(random.chance(0.3 + score / 2) ? 'ai_suggestion_accepted' : 'ai_suggestion_dismissed', {
      entity: ['suggestion', `${entity[1]}-${i}`],
      metadata: { kind, score },
    })
  }
}

function goals(v: Visit): void {
  const { random } = v
  const entity = ['goal', `g-${random.whole(100, 260)}`] as const
  v.wait(14).page('/goals', 'Goals')
  v.wait(45).do(random.chance(0.55) ? 'goal_created' : 'goal_completed', { entity, metadata: { horizon: random.pick(['week', 'month', 'quarter']) } })
}

function search(v: Visit): void {
  v.wait(8).do('search_performed', {
    metadata: { words: v.random.whole(1, 4), results: v.random.chance(0.1) ? 0 : v.random.whole(1, 40) },
    durationMs: v.random.around(120),
  })
}
