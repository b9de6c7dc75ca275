import crawlers from 'crawler-user-agents'

/**
 * Which user agents are crawlers: the patterns of crawler-user-agents (MIT, 1,500 of them), less those that would call people, tests or
 * servers bots. Each list is one alternation, compiled once: 11 to 14 µs for a browser that matches none.
 */
interface Crawler {
  pattern: string
  tags?: readonly string[]
}

/** Tools a team points at its own pages. A user agent that says it is a test or a headless browser is no bot by that alone. */
const tests = [
  'HeadlessChrome',
  'PhantomJS',
  'Playwright',
  'Puppeteer',
  'Selenium',
  'splash Version\\/',
  'Ghost Inspector',
  'TestLocally\\/',
  'Chrome-Lighthouse',
  '(^| )PTST\\/', // WebPageTest
]

/**
 * Programs in which people read pages. As a bare client ("Notion/1.0") they fetch previews and are crawlers; inside the user agent of a
 * browser they name the application whose web view somebody looks at. `AP3A.240617.008` is a build of Android 15, and whoever has a phone with it is no crawler.
 */
const applications = [
  'AP3A\\.240617\\.008',
  'MetaIAB Facebook',
  'Asana\\/',
  'Blackboard',
  'Bluesky\\/',
  'CapitalOneShopping',
  'Code\\/1\\.',
  'Feedly',
  'Fluid',
  'Goodreads',
  'Grammarly\\/',
  'Instapaper\\/',
  'Notion\\/',
  'Overcast\\/',
  'PayPal\\/',
  'PocketCasts\\/',
  'Sogou', // a browser too; its crawlers are told by `added`
  'Trae\\/',
  'Tumblr\\/',
  'Valve\\/Steam',
  'Viber',
  'WhatsApp',
]
const added = ['Sogou.{0,40}[Ss]pider']

const names = /bot|crawl|spider/i
/** The list counts curl and axios as crawlers; in an activity log they are servers. What only crawls stays. */
const isLibrary = ({ pattern, tags = [] }: Crawler): boolean => tags.includes('http-library') && !names.test(pattern) && !onlyCrawl.has(pattern)
const onlyCrawl = new Set(['HTTrack', 'Scrapy', 'colly', 'larbin', 'newspaper\\/', 'trafilatura', 'Download Ninja'])
/**
 * "seo" and "monitoring" are where the list keeps webhook senders and automation (Stripe, Zapier, WordPress): hosts do send events through
 * those, so without a browser's form they are servers, unless they call themselves bots.
 */
const onlyFetches = ({ pattern, tags = [] }: Crawler): boolean => names.test(pattern) || !tags.every((tag) => tag === 'seo' || tag === 'monitoring')

const all = (crawlers as readonly Crawler[]).filter((crawler) => !isLibrary(crawler) && !tests.includes(crawler.pattern))
const oneOf = (chosen: readonly Crawler[]): RegExp => new RegExp([...added, ...chosen.map(({ pattern }) => pattern)].join('|'))
const amongBrowsers = oneOf(all.filter(({ pattern }) => !applications.includes(pattern)))
const amongClients = oneOf(all.filter(onlyFetches))
const saysBot = /bot(?![a-z])|crawl|spider/i

/** Of a user agent that has the form of a browser's. */
export const isCrawlingBrowser = (userAgent: string): boolean => amongBrowsers.test(userAgent)
/** Of any other. */
export const isCrawlingClient = (userAgent: string): boolean => amongClients.test(userAgent) || (saysBot.test(userAgent) && amongBrowsers.test(userAgent))

/** Patterns above that the installed list no longer has; a test keeps it empty, so that an update of the list is read before it is taken. */
export const unknownPatterns: readonly string[] = [...tests, ...applications, ...onlyCrawl].filter((pattern) => !crawlers.some((c) => c.pattern === pattern))
