import { iso, MINUTE } from '../../base/time.ts'
import { comings, randomOf, tellOf, trackerOf, visit, type MakeApplication } from '../month/application.ts'
import type { DemoDay } from '../month/calendar.ts'
import { cast, servers, visitors } from '../month/people.ts'
import type { Random } from '../month/random.ts'
import type { Outbox, Sender, Site, Visit } from '../month/visit.ts'

/** Sales by telephone: campaigns bring leads, agents of four teams call them. The telephone system posts plain JSON, without any tracker. */
const landing: Site = { url: 'https://offer.example.com', version: () => '3.2.0', tracker: trackerOf }
const desk: Site = { url: 'https://desk.example.com', version: (day) => (day.released ? '7.1.0' : '7.0.4'), tracker: trackerOf }
const telephony: Sender = { userAgent: servers.telephony, tracker: '' }
const teams = ['Berlin', 'Leipzig', 'Remote', 'Partners']
const campaigns: ReadonlyArray<readonly [{ id: string; source: string; medium: string; worth: number }, number]> = [
  [{ id: 'autumn_search', source: 'google', medium: 'cpc', worth: 1.1 }, 36],
  [{ id: 'linkedin_leads', source: 'linkedin', medium: 'paid_social', worth: 1.6 }, 22],
  [{ id: 'partner_webinar', source: 'partner', medium: 'referral', worth: 1.9 }, 14],
  [{ id: 'winback_mail', source: 'crm', medium: 'email', worth: 0.8 }, 18],
  [{ id: 'cold_list', source: 'list', medium: 'phone', worth: 0.5 }, 10],
]

interface Lead {
  id: string
  campaign: (typeof campaigns)[number][0]
  calls: number
}

export const sales: MakeApplication = (month) => {
  const begin = randomOf(month, 'sales')
  const agents = cast(begin, {
    count: 40,
    names: 140,
    old: 0.9,
    phoneShare: 0,
    userId: (n) => `agent-${String(n + 1).padStart(2, '0')}`,
    traits: (n) => ({ team: teams[n % teams.length] ?? '', plan: 'business', role: n < teams.length ? 'team_lead' : 'agent' }),
  })
  const passers = visitors(begin, { count: 60, phoneShare: 0.5, again: 0.1 })
  /** Not every agent is as good at it. */
  const skill = new Map(agents.map((agent) => [agent.userId, 0.6 + 0.8 * begin.next()]))
  const leads: Lead[] = []
  let made = 0
  const newLead = (random: Random): Lead => {
    const lead = { id: `l-${7_001 + made++}`, campaign: random.weighted(campaigns), calls: 0 }
    leads.push(lead)
    return lead
  }

  const call = (out: Outbox, v: Visit, agent: { userId: string; team: string }): void => {
    const { random } = v
    const lead = leads.length > 25 && random.chance(0.75) ? random.pick(leads) : newLead(random)
    const metadata = { campaign_id: lead.campaign.id, team: agent.team, attempt: ++lead.calls }
    const outcome = random.weighted([
      ['no_answer', 34],
      ['callback', 22],
      ['interested', 26],
      ['not_interested', 18],
    ])
    const durationMs = outcome === 'no_answer' ? random.around(24_000) : random.around(215_000)
    const tell = (type: string, at: number, more: Record<string, unknown>, ms?: number): void => {
      out.events.push({
        sender: telephony,
        fate: 'stored',
        event: {
          event_type: type,
          user_id: agent.userId,
          entity_type: 'lead',
          entity_id: lead.id,
          event_metadata: { ...metadata, ...more },
          ...(ms === undefined ? {} : { duration_ms: Math.round(ms) }),
          timestamp: iso(at),
        },
      })
    }
    tell('call_started', v.now, { direction: random.chance(0.8) ? 'outbound' : 'inbound' })
    v.wait(durationMs / 1_000)
    tell('call_completed', v.now, { outcome, wait_ms: Math.round(random.around(9_000)) }, durationMs)
    if (outcome === 'interested' && random.chance(0.33 * (skill.get(agent.userId) ?? 1))) {
      const revenue = Math.round(100 * random.around(1_450) * lead.campaign.worth) / 100
      v.wait(120).do('deal_won', {
        entity: ['deal', `d-${lead.id}`],
        metadata: { ...metadata, revenue, currency: 'EUR', product: random.pick(['starter', 'plus', 'plus', 'max']) },
      })
      leads.splice(leads.indexOf(lead), 1)
    } else if (outcome === 'not_interested') {
      v.wait(40).do('deal_lost', {
        entity: ['deal', `d-${lead.id}`],
        metadata: { ...metadata, reason: random.pick(['price', 'timing', 'competitor', 'no_need']) },
      })
      leads.splice(leads.indexOf(lead), 1)
    } else if (random.chance(0.35)) v.wait(50).do('note_added', { entity: ['lead', lead.id], metadata: { words: Math.round(random.around(18)) } })
  }
  const bring = (out: Outbox, day: DemoDay, random: Random): void => {
    for (const coming of comings(day, random, { people: passers, rhythm: 'aroundTheClock', weekend: 0.6, release: 1.1, falls: false })) {
      const { campaign } = newLead(random)
      const lead = leads.at(-1)
      const query = `?utm_source=${campaign.source}&utm_medium=${campaign.medium}&utm_campaign=${campaign.id}`
      const v = visit({ out, day, random, site: { ...landing, query } }, coming)
      v.page('/', 'Offer').wait(25)
      if (random.chance(0.6))
        v.page('/calculator', 'What you save')
          .wait(50)
          .do('calculator_used', { metadata: { employees: random.whole(3, 240) } })
      if (lead && random.chance(0.55)) v.wait(40).do('lead_created', { entity: ['lead', lead.id], metadata: { campaign_id: campaign.id, form: 'short' } })
      else leads.pop()
    }
  }
  return {
    live(day, out) {
      const random = randomOf(month, 'sales', day.date)
      tellOf(day, agents, out)
      bring(out, day, random)
      for (const coming of comings(day, random, { people: agents, rhythm: 'calls', weekend: 0.04, release: 1, falls: true })) {
        const agent = { userId: coming.person.userId ?? '', team: coming.person.traits?.team ?? '' }
        const v = visit({ out, day, random, site: desk }, coming)
        v.do('session_started', { metadata: { team: agent.team } })
          .wait(6)
          .page('/queue', 'Queue')
        for (let i = 2 + random.count(1.6); i > 0; i--) call(out, v.wait(45), agent)
        // An outage does not end a call, but it ends what comes after it.
        const cutOff = day.outage && v.now > day.outage.fromMs && v.now < day.outage.fromMs + 30 * MINUTE
        if (!cutOff && random.chance(0.8)) v.wait(60).do('session_ended', { metadata: { team: agent.team }, durationMs: v.lastedMs })
      }
    },
  }
}
