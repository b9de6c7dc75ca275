import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { derivePage, readReferrer, readUtm, urlPath } from './channel-page.ts'

const noUtm = { utm_source: '', utm_medium: '', utm_campaign: '', utm_term: '', utm_content: '' }
const nothing = { url_path: '', referrer_domain: '', ...noUtm, channel: '' }

test.each([
  ['https://www.Google.com/search?q=x', 'google.com'],
  ['http://news.ycombinator.com', 'news.ycombinator.com'],
  ['https://user:secret@example.com:8443/a', 'example.com'],
  ['https://example.com./', 'example.com'],
  ['//cdn.example.com/a', 'cdn.example.com'],
  ['android-app://com.google.android.gm/', 'com.google.android.gm'],
  ['ios-app://544007664/youtube', '544007664'],
  ['http://localhost:3000/', 'localhost'],
  ['http://192.168.1.10/', '192.168.1.10'],
  ['http://[2001:db8::1]:8080/', '[2001:db8::1]'],
  ['https://bücher.example/', 'bücher.example'],
  ['duckduckgo.com', 'duckduckgo.com'],
  ['www.bing.com/search?q=a', 'bing.com'],
  ['$direct', ''],
  ['direct', ''],
  ['', ''],
  ['/internal', ''],
  ['https://', ''],
  ['https://?q', ''],
  ['https://a b/', ''],
  ['about:blank', ''],
  ['javascript:alert(1)', ''],
  ['file:///etc/passwd', ''],
  [`https://${'a'.repeat(300)}.com/`, ''],
  [null, ''],
  [7, ''],
])('the referrer %j is from "%s"', (referrer, domain) => {
  expect(readReferrer(referrer)).toBe(domain)
})

test('a page of the own host is no referrer, with or without www. and port', () => {
  for (const own of ['shop.example', 'www.shop.example', 'SHOP.example:8443', 'https://www.shop.example/cart']) {
    expect(readReferrer('https://www.shop.example/', own)).toBe('')
  }
  expect(readReferrer('https://blog.shop.example/', 'shop.example')).toBe('blog.shop.example')
})

test.each([
  ['https://example.com/a/b?token=1#c', '/a/b'],
  ['https://example.com', '/'],
  ['https://example.com?x=1', '/'],
  ['https://example.com/caf%C3%A9', '/caf%C3%A9'],
  ['/pricing?plan=pro#top', '/pricing'],
  ['/a\nb#c\nd', '/a\nb'],
  ['app://-/index.html', '/index.html'],
  ['Dashboard', ''],
  ['about:blank', ''],
  [undefined, ''],
])('the path of %j is "%s"', (url, path) => {
  expect(urlPath(url)).toBe(path)
})

test.each([
  [{ utm: { source: 'june', medium: 'email', campaign: 'launch', term: 't', content: 'c' } }],
  [{ utm: { utm_source: 'june', utm_medium: 'email', utm_campaign: 'launch', utm_term: 't', utm_content: 'c' } }],
  [{ campaign: { source: 'june', medium: 'email', name: 'launch', term: 't', content: 'c' } }],
  [{ utm_source: 'june', utm_medium: 'email', utm_campaign: 'launch', utm_term: 't', utm_content: 'c' }],
  [{ page: { url: 'https://a.example/?utm_source=june&utm_medium=email&utm_campaign=launch&utm_term=t&utm_content=c#x' } }],
  [{ url: '/?utm_source=june&utm_medium=email&utm_campaign=launch&utm_term=t&utm_content=c' }],
  [{ page: 'https://a.example/?utm_source=june&utm_medium=email&utm_campaign=launch&utm_term=t&utm_content=c' }],
  [{ utm: {}, campaign: null, page: { url: '/?utm_source=june&utm_medium=email&utm_campaign=launch&utm_term=t&utm_content=c' } }],
  ['https://a.example/?x=1&utm_source=june&utm_medium=email&utm_campaign=launch&utm_term=t&utm_content=c'],
])('UTM parameters are found in %j', (given) => {
  expect(readUtm(given)).toEqual({ utm_source: 'june', utm_medium: 'email', utm_campaign: 'launch', utm_term: 't', utm_content: 'c' })
})

test('what the host says goes before the address, and two campaigns are never mixed', () => {
  expect(readUtm({ utm: { source: 'crm' }, url: '/?utm_source=other&utm_medium=cpc' })).toEqual({ ...noUtm, utm_source: 'crm' })
})

test('values are decoded, trimmed and cut, and half a character is replaced', () => {
  expect(readUtm('/?utm_source=a+b%20%E2%9C%93&utm_medium=%E0%A4%A&utm_campaign=%20x%20')).toMatchObject({ utm_source: 'a b ✓', utm_campaign: 'x' })
  expect(readUtm({ utm: { source: `${'a'.repeat(254)}😀` } }).utm_source).toBe(`${'a'.repeat(254)}\ufffd`)
  expect(readUtm({ utm: { campaign: 2026, medium: { deep: true } } })).toEqual({ ...noUtm, utm_campaign: '2026' })
})

test('a page as the tracker sends it is derived at once', () => {
  const page = { url: 'https://www.shop.example/sofa?utm_source=google&utm_medium=cpc&utm_campaign=brand&gclid=abc', referrer: 'https://www.google.com/' }
  const expected = {
    ...noUtm,
    url_path: '/sofa',
    referrer_domain: 'google.com',
    utm_source: 'google',
    utm_medium: 'cpc',
    utm_campaign: 'brand',
    channel: 'Paid Search',
  }
  expect(derivePage({ page })).toEqual(expected)
  expect(derivePage(page)).toEqual(expected)
  expect(derivePage({ referrer: page.referrer }, page.url)).toEqual(expected)
  expect(derivePage({ page: page.url, referrer: { url: page.referrer } })).toEqual(expected)
})

test.each([
  ['a first page typed in', { page: { url: 'https://shop.example/' } }, { url_path: '/', channel: 'Direct' }],
  ['a page within the site', { page: { url: 'https://shop.example/b', referrer: 'https://www.shop.example/a' } }, { url_path: '/b', channel: 'Direct' }],
  ['a path alone', { page: { path: '/cart', title: 'Cart' } }, { url_path: '/cart', channel: 'Direct' }],
  ['a path at the top', { path: '/cart?x=1' }, { url_path: '/cart', channel: 'Direct' }],
  [
    'an assistant',
    { url: 'https://shop.example/', referrer: 'https://chatgpt.com/' },
    { url_path: '/', referrer_domain: 'chatgpt.com', channel: 'AI Assistants' },
  ],
  ['a click id alone', { url: 'https://shop.example/?ttclid=x' }, { url_path: '/', channel: 'Paid Social' }],
  ['an empty click id', { url: 'https://shop.example/?ttclid=' }, { url_path: '/', channel: 'Direct' }],
  ['a referrer alone', { referrer: 'https://t.co/x' }, { referrer_domain: 't.co', channel: 'Organic Social' }],
  ['a campaign alone', { utm: { source: 'june', medium: 'email' } }, { utm_source: 'june', utm_medium: 'email', channel: 'Email' }],
])('%s', (_, context, expected) => {
  expect(derivePage(context)).toEqual({ ...nothing, ...expected })
})

test.each([
  [undefined],
  [null],
  [{}],
  [[]],
  ['https://a.example/'],
  [7],
  [{ page: 'Dashboard' }],
  [{ page: null, url: 5, referrer: [], utm: 'x', campaign: 'spring' }],
  [{ viewport: { width: 1 } }],
])('a context without page information, %j, derives nothing', (context) => {
  expect(derivePage(context)).toEqual(nothing)
})

test('a line feed in one value cannot stand for two values', () => {
  derivePage({ url: 'https://a.example/', referrer: 'https://b.example/\nforged\nemail\n\n' })
  expect(derivePage({ url: 'https://a.example/', referrer: 'https://b.example/', utm: { source: 'forged', medium: 'email' } })).toMatchObject({
    channel: 'Email',
  })
})

test('any JSON is answered with short texts, twice the same', () => {
  const word = fc.oneof(fc.jsonValue(), fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string({ unit: 'binary', maxLength: 4_000 }))
  const field = fc.constantFrom('page', 'url', 'path', 'referrer', 'utm', 'campaign', 'utm_source', 'source', 'medium', 'name', '__proto__')
  const contexts = fc.oneof(fc.jsonValue(), fc.dictionary(field, fc.oneof(word, fc.dictionary(field, word))))
  fc.assert(
    fc.property(contexts, word, (context, eventUrl) => {
      const page = derivePage(context, eventUrl)
      expect(derivePage(structuredClone(context), eventUrl)).toEqual(page)
      for (const [name, value] of Object.entries(page)) {
        expect(value.length).toBeLessThanOrEqual(name === 'url_path' ? 2_048 : 255)
        expect(value.isWellFormed()).toBe(true)
      }
      readUtm(context)
      readReferrer(eventUrl, JSON.stringify(context))
    }),
    { numRuns: 500 },
  )
})
