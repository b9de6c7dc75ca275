import { kindOfDomain, kindOfSource, type SourceKind } from './channel-sources.ts'

/**
 * The default channel group of a visit, by the rules Google Analytics 4 publishes for manually tagged traffic
 * (https://support.google.com/analytics/answer/9756891), in their order; the first that holds wins. Comparisons ignore case. The source is
 * utm_source, or the domain of the referrer where there is none.
 *
 * Where we differ, and why:
 * - AI assistants have their own channel, as in GA4 since May 2026, with more of them than Google names (Plausible's name and place in the
 *   order: before Organic Search).
 * - GA4 asks Google's ad network what a gclid was; we cannot. A click id that only advertisements carry counts as a paid medium, and names
 *   the kind of source where nothing else does: a gclid alone is Paid Search, from youtube.com Paid Video. A display medium stays Display.
 * - A fbclid is on every link out of Facebook, so it only names the source.
 * - No "Unassigned": a visit with a source or a tag that fits no rule is Referral (as Plausible does), one without either is Direct.
 * - Web mail as the referrer, and "newsletter" as source or medium, are Email.
 *
 * A page within the same site has no referrer_domain, so its own channel is Direct; the channel of a session is that of its first page.
 */
export type Channel = (typeof rules)[number][0]

export interface Acquisition {
  referrer_domain: string
  utm_source: string
  utm_medium: string
  utm_campaign: string
  /** Names of the click ids in the page's address, such as gclid. Their values identify people and are not read. */
  clickIds: readonly string[]
}

export function channelOf(acquisition: Acquisition): Channel {
  const visit = visitOf(acquisition)
  return rules.find(([, holds]) => holds(visit))?.[0] ?? 'Direct'
}

interface Visit {
  kind: SourceKind | undefined
  paid: boolean
  source: string
  medium: string
  campaign: string
}

const displayMedia = new Set(['display', 'banner', 'expandable', 'interstitial', 'cpm'])
const socialMedia = new Set(['social', 'social-network', 'social-media', 'sm', 'social network', 'social media'])
const emailWords = new Set(['email', 'e-mail', 'e_mail', 'e mail', 'newsletter'])
const referralMedia = new Set(['referral', 'app', 'link'])
const paidMedium = /cp|^ppc$|^retargeting$|^paid/
/** "summer-shop", "shopping_de", "eshop", but not "workshop". */
const shopCampaign = /(?:[^a-df-z]|^)shop|shopping/

const rules = [
  ['Cross-network', (v) => v.campaign.includes('cross-network')],
  ['Paid Shopping', (v) => v.paid && (v.kind === 'shopping' || shopCampaign.test(v.campaign))],
  ['Paid Search', (v) => v.paid && v.kind === 'search'],
  ['Paid Social', (v) => v.paid && v.kind === 'social'],
  ['Paid Video', (v) => v.paid && v.kind === 'video'],
  ['Display', (v) => displayMedia.has(v.medium)],
  ['Paid Other', (v) => v.paid],
  ['Organic Shopping', (v) => v.kind === 'shopping' || shopCampaign.test(v.campaign)],
  ['Organic Social', (v) => v.kind === 'social' || socialMedia.has(v.medium)],
  ['Organic Video', (v) => v.kind === 'video' || v.medium.includes('video')],
  ['AI Assistants', (v) => v.kind === 'ai' || v.medium === 'ai-assistant'],
  ['Organic Search', (v) => v.kind === 'search' || v.medium === 'organic'],
  ['Referral', (v) => referralMedia.has(v.medium)],
  ['Email', (v) => v.kind === 'email' || emailWords.has(v.source) || emailWords.has(v.medium)],
  ['Affiliates', (v) => v.medium === 'affiliate' || v.medium === 'affiliates'],
  ['Audio', (v) => v.medium === 'audio'],
  ['SMS', (v) => v.source === 'sms' || v.medium === 'sms'],
  ['Mobile Push Notifications', (v) => v.medium.endsWith('push') || /mobile|notification/.test(v.medium) || v.source === 'firebase'],
  ['Referral', (v) => v.source !== '' || v.medium !== '' || v.campaign !== ''],
  ['Direct', () => true],
] as const satisfies readonly (readonly [string, (visit: Visit) => boolean])[]

/** `paid`: only advertisements carry it. */
const clickIdKinds = new Map<string, { kind: SourceKind | 'display'; paid: boolean }>([
  ['gclid', { kind: 'search', paid: true }],
  ['gbraid', { kind: 'search', paid: true }],
  ['wbraid', { kind: 'search', paid: true }],
  ['gad_source', { kind: 'search', paid: true }],
  ['dclid', { kind: 'display', paid: true }],
  ['msclkid', { kind: 'search', paid: true }],
  ['yclid', { kind: 'search', paid: true }],
  ['ttclid', { kind: 'social', paid: true }],
  ['twclid', { kind: 'social', paid: true }],
  ['li_fat_id', { kind: 'social', paid: true }],
  ['rdt_cid', { kind: 'social', paid: true }],
  ['ScCid', { kind: 'social', paid: true }],
  ['fbclid', { kind: 'social', paid: false }],
  ['igshid', { kind: 'social', paid: false }],
  ['igsh', { kind: 'social', paid: false }],
])
export const clickIdNames: readonly string[] = [...clickIdKinds.keys()]

function visitOf({ referrer_domain, utm_source, utm_medium, utm_campaign, clickIds }: Acquisition): Visit {
  const tagged = meaning(utm_source)
  const told = tagged === '' ? { kind: kindOfDomain(referrer_domain), paid: false } : kindOfSource(tagged)
  const clicks = clickIds.map((name) => clickIdKinds.get(name)).filter((click) => click !== undefined)
  const advertised = clicks.find((click) => click.paid)
  const shared = tagged === '' && referrer_domain === '' ? clicks[0] : undefined
  const click = advertised ?? shared
  const isDisplay = advertised?.kind === 'display' && utm_medium === ''
  const medium = isDisplay ? 'display' : meaning(utm_medium)
  return {
    kind: told.kind ?? (click?.kind === 'display' ? undefined : click?.kind),
    paid: paidMedium.test(medium) || (!displayMedia.has(medium) && (told.paid || advertised !== undefined)),
    source: tagged || referrer_domain,
    medium,
    campaign: meaning(utm_campaign),
  }
}

/** "(none)", "(direct)" and "(not set)" are how other tools write that there is nothing. */
function meaning(value: string): string {
  const plain = value.toLowerCase()
  return plain.startsWith('(') && /^\((?:none|direct|not set)\)$/.test(plain) ? '' : plain
}
