import { comings, randomOf, visit, type MakeApplication } from '../month/application.ts'
import { crawlers, visitors } from '../month/people.ts'
import { iso, MINUTE } from '../../base/time.ts'
import { moment } from '../month/calendar.ts'
import type { Outbox, Site, Visit } from '../month/visit.ts'

/** Documentation with a chatbot: strangers, who come from search engines and from AI assistants, and crawlers among them. */
const site: Site = {
  url: 'https://docs.example.com',
  version: () => '2026.11',
  tracker: (day) => (day.released ? 'cairn-browser/1.2.0' : 'cairn-browser/1.1.4'),
}
const pages = [
  ['/guide/install', 'Install', 'install'],
  ['/guide/first-project', 'First project', 'projects'],
  ['/guide/import', 'Import your data', 'import'],
  ['/api/authentication', 'Authentication', 'api'],
  ['/api/webhooks', 'Webhooks', 'api'],
  ['/billing/plans', 'Plans and prices', 'billing'],
  ['/admin/single-sign-on', 'Single sign-on', 'admin'],
  ['/release-notes', 'Release notes', 'release'],
] as const

const sources: ReadonlyArray<readonly [Pick<Site, 'referrer' | 'query'>, number]> = [
  [{ referrer: 'https://www.google.com/' }, 34],
  [{}, 20],
  [{ referrer: 'https://chatgpt.com/', query: '?utm_source=chatgpt.com' }, 11],
  [{ referrer: 'https://www.perplexity.ai/' }, 6],
  [{ referrer: 'https://claude.ai/' }, 4],
  [{ referrer: 'https://gemini.google.com/' }, 3],
  [{ referrer: 'https://stackoverflow.com/' }, 7],
  [{ referrer: 'https://github.com/' }, 6],
  [{ referrer: 'https://assistant.example.com/', query: '?utm_source=app&utm_medium=link&utm_campaign=help_menu' }, 9],
]

export const documentation: MakeApplication = (month) => {
  const people = visitors(randomOf(month, 'documentation'), { count: 220, phoneShare: 0.16, again: 0.22 })
  return {
    live(day, out) {
      const random = randomOf(month, 'documentation', day.date)
      for (const coming of comings(day, random, { people, rhythm: 'aroundTheClock', weekend: 0.45, release: 2.4, falls: false })) {
        const v = visit({ out, day, random, site: { ...site, ...random.weighted(sources) } }, coming)
        const during = day.outage && v.now >= day.outage.fromMs && v.now < day.outage.toMs
        let topic = read(v, day.releaseDay ? 0.5 : 0.08)
        for (let i = random.count(1.6); i > 0; i--) topic = read(v.wait(55), 0.05)
        if (random.chance(0.25))
          v.wait(10).do('search_performed', {
            metadata: { words: random.whole(1, 5), results: random.chance(0.15) ? 0 : random.whole(1, 24) },
            durationMs: random.around(90),
          })
        if (during || random.chance(0.5)) chat(v, during ? 'outage' : topic)
      }
      crawl(out)

      function crawl({ events }: Outbox): void {
        for (let i = 10 + random.count(14); i > 0; i--) {
          const [path, title] = random.pick(pages)
          events.push({
            sender: { userAgent: random.pick(crawlers), tracker: '' },
            fate: 'bot',
            event: {
              event_type: 'page_viewed',
              anonymous_id: `crawler-${random.whole(1, 4)}`,
              entity_type: 'page',
              entity_id: path,
              context_snapshot: { page: { url: `${site.url}${path}`, title } },
              timestamp: iso(moment(day, 'aroundTheClock', random)),
            },
          })
        }
      }
    },
  }
}

/** Answers what the page was about. */
function read(v: Visit, notesShare: number): string {
  const [path, title, topic] = v.random.chance(notesShare) ? pages[7] : v.random.pick(pages)
  v.page(path, title, { topic })
  return topic
}

function chat(v: Visit, topic: string): void {
  const { random } = v
  const entity = ['conversation', `chat-${random.whole(100_000, 999_999)}`] as const
  v.wait(12).do('chat_opened', { entity, metadata: { topic } })
  for (let i = 1 + random.count(1.1); i > 0; i--) {
    v.wait(28).do('chat_message_sent', { entity, metadata: { topic, characters: Math.round(random.around(62)) } })
    const hard = topic === 'outage' || topic === 'admin'
    const score = Math.round(100 * (hard ? 0.2 + 0.5 * random.next() : 0.45 + 0.54 * random.next())) / 100
    const durationMs = Math.min(random.around(1_350), MINUTE / 2)
    v.wait(durationMs / 1_000)
    if (score < 0.5) v.do('chat_unanswered', { entity, metadata: { topic, score }, durationMs })
    else v.do('chat_answered', { entity, metadata: { topic, score, sources: random.whole(1, 4), model: 'docs-small' }, durationMs })
    if (random.chance(0.22)) v.wait(9).do('chat_rated', { entity, metadata: { topic, rating: random.chance(score) ? 'up' : 'down' } })
  }
}
