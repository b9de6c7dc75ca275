import { Memo } from '../base/memo.ts'
import { channelOf, clickIdNames, type Channel } from './channel.ts'

/**
 * What an event's context tells about the page it happened on and how the visitor came there. Hosts and SDKs write it in many shapes, so every
 * field is looked for in all of them and anything odd counts as absent: nothing here throws, whatever JSON it is given.
 *
 * Addresses are cut at 2,048 characters and stored without query and fragment, which carry tokens and names; other values at 255.
 * Paths stay as the browser encodes them (`/caf%C3%A9`).
 */
export interface Utm {
  readonly utm_source: string
  readonly utm_medium: string
  readonly utm_campaign: string
  readonly utm_term: string
  readonly utm_content: string
}

/** '' for what is not known. Without any page information all of it is '', the channel too. */
export interface Page extends Utm {
  readonly url_path: string
  readonly referrer_domain: string
  readonly channel: Channel | ''
}

/**
 * Everything at once, for an event of a browser. `eventUrl` is the page's address where the event itself carries one. Page information is an
 * address, a path, a referrer or a UTM value. The answer is shared: do not change it.
 */
export function derivePage(context: unknown, eventUrl?: unknown): Page {
  if (context === undefined && eventUrl === undefined) return nothing
  const url = pageUrl(context, eventUrl)
  const path = url === '' ? pagePath(context) : ''
  const referrer = referrerOf(context)
  const explicit = explicitUtm(context)
  if (url === '' && path === '' && referrer === '' && explicit === undefined) return nothing
  let key = field(url) + field(path) + field(referrer)
  if (explicit !== undefined) for (const name of utmNames) key += field(explicit[name])
  return pages.get(key) ?? pages.set(key, derive(url, path, referrer, explicit))
}

/**
 * The domain that sent the visitor, in lower case without "www."; an application's id for android-app://. '' for an absent or invalid address
 * and for the page's own host. Ports and user names are left out.
 */
export function readReferrer(referrer: unknown, ownHost = ''): string {
  const domain = domainOf(addressOf(referrer))
  return domain !== '' && domain === domainOf(ownHost.includes('//') ? ownHost : `//${ownHost}`) ? '' : domain
}

/** From an address' query, or from a context: its `utm`, its `campaign` (as Segment has it), its own utm_ fields, else its page's query. */
export function readUtm(contextOrUrl: unknown): Utm {
  if (typeof contextOrUrl === 'string') return utmOfQuery(queryOf(addressOf(contextOrUrl)))
  return explicitUtm(contextOrUrl) ?? utmOfQuery(queryOf(pageUrl(contextOrUrl, undefined)))
}

/** Of an address or a path; '' where it is neither. */
export function urlPath(url: unknown): string {
  const address = addressOf(url)
  const found = absolute.exec(address)
  if (found) return (found[3] || '/').toWellFormed()
  return address.startsWith('/') ? address.replace(/[?#].*$/s, '').toWellFormed() : ''
}

const MAX_ADDRESS = 2_048
const MAX_VALUE = 255
const utmNames = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content'] as const
const noUtm: Utm = Object.freeze({ utm_source: '', utm_medium: '', utm_campaign: '', utm_term: '', utm_content: '' })
const nothing: Page = Object.freeze({ url_path: '', referrer_domain: '', ...noUtm, channel: '' })
/** Pages × referrers of a busy hour; a derivation costs 3 µs. */
const pages = new Memo<Page>(8_192)

/** With its length in front, so that no value can pass for two: strangers choose these strings, and the memory serves all workspaces. */
const field = (value: string): string => `${value.length}:${value}`

function derive(url: string, path: string, referrer: string, explicit: Utm | undefined): Page {
  const query = queryOf(url)
  const utm = explicit ?? utmOfQuery(query)
  const referrer_domain = readReferrer(referrer, domainOf(url))
  const parameters = clickIdPattern.test(query) ? new URLSearchParams(query) : undefined
  const clickIds = parameters === undefined ? [] : clickIdNames.filter((name) => parameters.get(name))
  return { url_path: urlPath(url || path), referrer_domain, ...utm, channel: channelOf({ referrer_domain, ...utm, clickIds }) }
}

/** Scheme, authority, path, query. By hand instead of `new URL`: nothing is rewritten, half an address still tells its half, and it costs half (0.1 µs). */
const absolute = /^(?:([a-z][a-z0-9+.-]*):)?\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?/i
const visitSchemes = new Set(['http', 'https', 'android-app', 'ios-app'])
const bareDomain = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?=[:/?#]|$)/i
/** Nearly every host; told this way readReferrer takes 0.4 µs, by the letters of all scripts 1.9. */
const plainDomain = /^[a-z0-9][a-z0-9.-]*[a-z0-9]$/
const validDomain = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}._-]*[\p{L}\p{N}])?|\[[0-9a-f:.]+\])$/u
const utmPattern = /(?:^|&)utm_/
const clickIdPattern = new RegExp(`(?:^|&)(?:${clickIdNames.join('|')})=`)

function domainOf(address: string): string {
  if (address === '') return ''
  const found = absolute.exec(address)
  let host = ''
  if (found === null) host = bareDomain.exec(address)?.[0] ?? ''
  else if (visitSchemes.has((found[1] ?? 'https').toLowerCase())) host = found[2] ?? ''
  host = host.toLowerCase()
  if (!plainDomain.test(host)) {
    host = host
      .slice(host.lastIndexOf('@') + 1)
      .replace(/:\d*$/, '')
      .replace(/\.$/, '')
    if (!validDomain.test(host)) return ''
  }
  if (host.startsWith('www.')) host = host.slice(4)
  return host.length <= 253 ? host : ''
}

function queryOf(address: string): string {
  const mark = address.indexOf('?')
  return mark < 0 ? '' : (address.slice(mark + 1).split('#', 1)[0] ?? '')
}

function utmOfQuery(query: string): Utm {
  if (!utmPattern.test(query)) return noUtm
  const parameters = new URLSearchParams(query)
  return utmFrom((name) => parameters.get(`utm_${name}`))
}

function utmFrom(read: (name: 'source' | 'medium' | 'campaign' | 'term' | 'content') => unknown): Utm {
  return {
    utm_source: valueOf(read('source')),
    utm_medium: valueOf(read('medium')),
    utm_campaign: valueOf(read('campaign')),
    utm_term: valueOf(read('term')),
    utm_content: valueOf(read('content')),
  }
}

/** The first of `utm`, `campaign` and the context itself that says anything: values of two campaigns are never mixed. */
function explicitUtm(context: unknown): Utm | undefined {
  if (!isObject(context)) return undefined
  for (const given of [context['utm'], context['campaign']]) {
    if (!isObject(given)) continue
    const utm = utmFrom((name) => given[name] ?? given[`utm_${name}`] ?? (name === 'campaign' ? given['name'] : undefined))
    if (saysAnything(utm)) return utm
  }
  if (context['utm_source'] === undefined && context['utm_medium'] === undefined && context['utm_campaign'] === undefined) return undefined
  const utm = utmFrom((name) => context[`utm_${name}`])
  return saysAnything(utm) ? utm : undefined
}
const saysAnything = (utm: Utm): boolean => utmNames.some((name) => utm[name] !== '')

function pageUrl(context: unknown, eventUrl: unknown): string {
  if (isObject(context)) {
    const page = context['page']
    for (const given of [isObject(page) ? page['url'] : page, context['url']]) {
      const address = addressOf(given)
      // A page may also be a mere name ("Dashboard"), which is no address.
      if (isAddress(address)) return address
    }
  }
  const address = addressOf(eventUrl)
  return isAddress(address) ? address : ''
}

function pagePath(context: unknown): string {
  if (!isObject(context)) return ''
  const page = context['page']
  const path = addressOf((isObject(page) ? page['path'] : undefined) ?? context['path'])
  return path.startsWith('/') ? path : ''
}

function referrerOf(context: unknown): string {
  if (!isObject(context)) return ''
  const page = context['page']
  const referrer = (isObject(page) ? page['referrer'] : undefined) ?? context['referrer']
  return addressOf(isObject(referrer) ? referrer['url'] : referrer)
}

const isAddress = (text: string): boolean => text.startsWith('/') || absolute.test(text)
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null
const addressOf = (value: unknown): string => (typeof value === 'string' ? value.slice(0, MAX_ADDRESS).trim() : '')
function valueOf(value: unknown): string {
  const text = typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
  return text
    .slice(0, MAX_VALUE + 64)
    .trim()
    .slice(0, MAX_VALUE)
    .toWellFormed()
}
