import type { Random } from './random.ts'

/** Who acts in the demo, and what they hold in their hands. Nobody of these exists; example.com belongs to nobody (RFC 2606). */
export interface DemoPerson {
  /** Where the application knows them. */
  userId: string | undefined
  anonymousId: string
  traits: Traits | undefined
  device: Device
  locale: string
  /** First day on which they are seen, 0 to 29. */
  since: number
  /** How likely they come on a working day. */
  keen: number
}

export interface Traits {
  name: string
  email: string
  team: string
  plan: string
  role: string
}

export interface Device {
  userAgent: string
  viewport: { width: number; height: number }
  phone: boolean
}

const device = (userAgent: string, width: number, height: number, phone = false): Device => ({ userAgent, viewport: { width, height }, phone })

const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)'
const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)'
const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const desktops: ReadonlyArray<readonly [Device, number]> = [
  [device(`${windows} ${webkit} Chrome/142.0.0.0 Safari/537.36`, 1920, 953), 34],
  [device(`${mac} ${webkit} Chrome/142.0.0.0 Safari/537.36`, 1440, 789), 22],
  [device(`${windows} ${webkit} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0`, 1536, 730), 16],
  [device(`${mac} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15`, 1512, 828), 12],
  [device('Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 1920, 969), 8],
  [device('Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0', 1680, 907), 8],
]
const phones: ReadonlyArray<readonly [Device, number]> = [
  [
    device(
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1',
      393,
      659,
      true,
    ),
    46,
  ],
  [device(`Mozilla/5.0 (Linux; Android 10; K) ${webkit} Chrome/142.0.0.0 Mobile Safari/537.36`, 412, 785, true), 40],
  [device(`Mozilla/5.0 (Linux; Android 14; SM-S921B) ${webkit} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`, 360, 660, true), 14],
]
const tablets: ReadonlyArray<readonly [Device, number]> = [
  [device('Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1', 820, 1075), 1],
]

export const pickDevice = (random: Random, phoneShare: number): Device =>
  random.weighted(random.chance(phoneShare) ? phones : random.chance(0.06) ? tablets : desktops)

/** Programs that send events of their own, by what they call themselves. */
export const servers = { host: 'node', telephony: 'GuzzleHttp/7' } as const
export const crawlers = [
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.3; +https://openai.com/gptbot)',
  'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)',
] as const

const firstNames =
  'Ada Amir Anja Bruno Chiara Dmitri Elif Emma Farid Freya Goran Hana Ines Jakob Jonas Katya Leon Lina Marek Mei Nadia Noah Olga Pavel Ravi Sara Tomas Uma Viktor Yara'.split(
    ' ',
  )
const lastNames =
  'Abel Bauer Costa Dahl Engel Fischer Grant Haas Iversen Jansen Kaya Lind Moreau Novak Okafor Petrov Quist Rossi Sato Talbot Ueda Vogel Weber Xu Young Zeller Brandt Keller Meyer Schulz'.split(
    ' ',
  )

/** The nth name; all of the first 900 differ. */
export function nameOf(n: number): { name: string; email: string } {
  const first = firstNames[n % 30] ?? ''
  const last = lastNames[((n % 30) * 7 + Math.floor(n / 30)) % 30] ?? ''
  return { name: `${first} ${last}`, email: `${first}.${last}@example.com`.toLowerCase() }
}

/** As trackers make them. */
export function anonymousId(random: Random): string {
  const hex = (digits: number): string => Array.from({ length: digits }, () => random.whole(0, 15).toString(16)).join('')
  return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`
}

export interface Cast {
  /** How many. */
  count: number
  /** Number of the first one's name. */
  names: number
  /** Share of those who were there when the month began. */
  old: number
  phoneShare: number
  userId: (n: number, email: string) => string
  traits: (n: number, random: Random) => Omit<Traits, 'name' | 'email'>
}

/** People whom an application knows. */
export function cast(random: Random, { count, names, old, phoneShare, userId, traits }: Cast): (DemoPerson & { userId: string; traits: Traits })[] {
  return Array.from({ length: count }, (_, n) => {
    const known = nameOf(names + n)
    return {
      userId: userId(n, known.email),
      anonymousId: anonymousId(random),
      traits: { ...known, ...traits(n, random) },
      device: pickDevice(random, phoneShare),
      locale: pickLocale(random),
      since: random.chance(old) ? 0 : random.whole(1, 27),
      keen: 0.35 + 0.6 * random.next(),
    }
  })
}

const pickLocale = (random: Random): string =>
  random.weighted([
    ['de-DE', 50],
    ['en-GB', 20],
    ['en-US', 18],
    ['fr-FR', 7],
    ['nl-NL', 5],
  ])

/** People who are only passing: some of them come again. */
export function visitors(random: Random, { count, phoneShare, again }: { count: number; phoneShare: number; again: number }): DemoPerson[] {
  return Array.from({ length: count }, (_, n) => ({
    userId: undefined,
    anonymousId: anonymousId(random),
    traits: undefined,
    device: pickDevice(random, phoneShare),
    locale: pickLocale(random),
    // Some were there before; of the others a few more come each day than the day before.
    since: random.chance(0.25) ? 0 : Math.floor(29.99 * (n / count)),
    keen: again * random.next(),
  }))
}
