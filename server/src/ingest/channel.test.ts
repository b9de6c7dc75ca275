import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { channelOf, clickIdNames, type Acquisition, type Channel } from './channel.ts'

const none = { referrer_domain: '', utm_source: '', utm_medium: '', utm_campaign: '', clickIds: [] }

test.each<[domain: string, channel: Channel]>([
  ['', 'Direct'],
  ['google.com', 'Organic Search'],
  ['google.de', 'Organic Search'],
  ['google.co.uk', 'Organic Search'],
  ['google.com.br', 'Organic Search'],
  ['com.google.android.googlequicksearchbox', 'Organic Search'],
  ['bing.com', 'Organic Search'],
  ['cn.bing.com', 'Organic Search'],
  ['duckduckgo.com', 'Organic Search'],
  ['search.yahoo.com', 'Organic Search'],
  ['de.search.yahoo.com', 'Organic Search'],
  ['yahoo.co.jp', 'Organic Search'],
  ['yandex.ru', 'Organic Search'],
  ['baidu.com', 'Organic Search'],
  ['ecosia.org', 'Organic Search'],
  ['search.brave.com', 'Organic Search'],
  ['kagi.com', 'Organic Search'],
  ['docs.google.com', 'Referral'],
  ['meet.google.com', 'Referral'],
  ['finance.yahoo.com', 'Referral'],
  ['aws.amazon.com', 'Referral'],
  ['chatgpt.com', 'AI Assistants'],
  ['chat.openai.com', 'AI Assistants'],
  ['perplexity.ai', 'AI Assistants'],
  ['claude.ai', 'AI Assistants'],
  ['gemini.google.com', 'AI Assistants'],
  ['copilot.microsoft.com', 'AI Assistants'],
  ['edgeservices.bing.com', 'AI Assistants'],
  ['chat.deepseek.com', 'AI Assistants'],
  ['grok.com', 'AI Assistants'],
  ['com.openai.chatgpt', 'AI Assistants'],
  ['facebook.com', 'Organic Social'],
  ['l.facebook.com', 'Organic Social'],
  ['l.instagram.com', 'Organic Social'],
  ['t.co', 'Organic Social'],
  ['x.com', 'Organic Social'],
  ['netflix.com', 'Organic Video'],
  ['lnkd.in', 'Organic Social'],
  ['out.reddit.com', 'Organic Social'],
  ['pinterest.de', 'Organic Social'],
  ['news.ycombinator.com', 'Organic Social'],
  ['bsky.app', 'Organic Social'],
  ['blog.naver.com', 'Organic Social'],
  ['naver.com', 'Organic Search'],
  ['youtube.com', 'Organic Video'],
  ['m.youtube.com', 'Organic Video'],
  ['vimeo.com', 'Organic Video'],
  ['amazon.de', 'Organic Shopping'],
  ['ebay.co.uk', 'Organic Shopping'],
  ['shopping.google.com', 'Organic Shopping'],
  ['mail.google.com', 'Email'],
  ['outlook.live.com', 'Email'],
  ['com.google.android.gm', 'Email'],
  ['example.com', 'Referral'],
  ['notgoogle.com', 'Referral'],
  ['fox.com', 'Referral'],
  ['google.example.com', 'Referral'],
  ['localhost', 'Referral'],
])('a visit from "%s" is %s', (referrer_domain, channel) => {
  expect(channelOf({ ...none, referrer_domain })).toBe(channel)
})

test.each<[tags: string, channel: Channel]>([
  ['google / cpc', 'Paid Search'],
  ['Google / CPC / Brand', 'Paid Search'],
  ['bing / ppc', 'Paid Search'],
  ['google / cpc / summer-shop', 'Paid Shopping'],
  ['google / cpc / workshop', 'Paid Search'],
  ['amazon / cpc', 'Paid Shopping'],
  ['facebook / paid_social', 'Paid Social'],
  ['fb / cpm', 'Paid Social'],
  ['ig / paid', 'Paid Social'],
  ['linkedin.com / cpc', 'Paid Social'],
  ['tiktok / retargeting', 'Paid Social'],
  ['youtube / cpv', 'Paid Video'],
  ['youtube / cpc', 'Paid Video'],
  ['fb_ads /', 'Paid Social'],
  ['google-ads /', 'Paid Search'],
  ['adwords /', 'Paid Search'],
  ['google / display', 'Display'],
  ['partner / banner', 'Display'],
  ['dsp / cpm', 'Display'],
  ['podcast / cpc', 'Paid Other'],
  ['chatgpt / cpc', 'Paid Other'],
  ['google / cpc / Cross-network 2026', 'Cross-network'],
  ['chatgpt.com /', 'AI Assistants'],
  ['perplexity / referral', 'AI Assistants'],
  ['any / ai-assistant', 'AI Assistants'],
  ['google / organic', 'Organic Search'],
  ['www.google.com /', 'Organic Search'],
  ['twitter /', 'Organic Social'],
  ['intern / social', 'Organic Social'],
  ['shop / email / shopping week', 'Organic Shopping'],
  ['page / video', 'Organic Video'],
  ['crm / email', 'Email'],
  ['crm / e-mail', 'Email'],
  ['newsletter /', 'Email'],
  ['june / newsletter', 'Email'],
  ['blog / affiliate', 'Affiliates'],
  ['spotify / audio', 'Audio'],
  ['sms /', 'SMS'],
  ['crm / sms', 'SMS'],
  ['app / push', 'Mobile Push Notifications'],
  ['firebase /', 'Mobile Push Notifications'],
  ['crm / web_notification', 'Mobile Push Notifications'],
  ['partner / referral', 'Referral'],
  ['flyer / qr', 'Referral'],
  [' / / spring', 'Referral'],
  ['(direct) / (none)', 'Direct'],
])('tagged "%s" is %s', (tags, channel) => {
  const [utm_source = '', utm_medium = '', utm_campaign = ''] = tags.split('/').map((tag) => tag.trim())
  expect(channelOf({ ...none, utm_source, utm_medium, utm_campaign })).toBe(channel)
})

test('utm_source goes before the referrer', () => {
  expect(channelOf({ ...none, referrer_domain: 'google.com', utm_source: 'june', utm_medium: 'email' })).toBe('Email')
})

test.each<[Partial<Acquisition>, Channel]>([
  [{ clickIds: ['gclid'] }, 'Paid Search'],
  [{ clickIds: ['gclid'], referrer_domain: 'google.com' }, 'Paid Search'],
  [{ clickIds: ['wbraid'], referrer_domain: 'youtube.com' }, 'Paid Video'],
  [{ clickIds: ['gclid'], utm_medium: 'display' }, 'Display'],
  [{ clickIds: ['gclid'], utm_campaign: 'shopping de' }, 'Paid Shopping'],
  [{ clickIds: ['dclid'] }, 'Display'],
  [{ clickIds: ['msclkid'], referrer_domain: 'bing.com' }, 'Paid Search'],
  [{ clickIds: ['ttclid'] }, 'Paid Social'],
  [{ clickIds: ['li_fat_id'], utm_source: 'linkedin' }, 'Paid Social'],
  [{ clickIds: ['twclid'], referrer_domain: 't.co' }, 'Paid Social'],
  [{ clickIds: ['fbclid'] }, 'Organic Social'],
  [{ clickIds: ['fbclid'], referrer_domain: 'l.facebook.com' }, 'Organic Social'],
  [{ clickIds: ['fbclid'], utm_source: 'facebook', utm_medium: 'paid' }, 'Paid Social'],
  [{ clickIds: ['fbclid'], utm_source: 'june', utm_medium: 'email' }, 'Email'],
  [{ clickIds: ['fbclid', 'gclid'] }, 'Paid Search'],
  [{ clickIds: ['unheard_of'] }, 'Direct'],
])('click ids %j are %s', (given, channel) => {
  expect(channelOf({ ...none, ...given })).toBe(channel)
})

test('any texts have a channel', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('google', 'ads', '_ads', 'cpc', 'email', '(', '.', '..', '__proto__', 'a.b.c'))
  fc.assert(
    fc.property(
      text,
      text,
      text,
      text,
      fc.array(fc.oneof(text, fc.constantFrom(...clickIdNames))),
      (referrer_domain, utm_source, utm_medium, utm_campaign, clickIds) => {
        expect(channelOf({ referrer_domain, utm_source, utm_medium, utm_campaign, clickIds })).toMatch(/^[A-Z]/)
      },
    ),
  )
})
