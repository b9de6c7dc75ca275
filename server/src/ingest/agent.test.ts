import type { DeviceType } from '@cairn/wire/event'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { deviceOf, readAgent } from './agent.ts'
import { unknownPatterns } from './agent-crawlers.ts'

const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)'
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)'
const LINUX = 'Mozilla/5.0 (X11; Linux x86_64)'
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X)'
const IPAD = 'Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X)'
const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const APPLE = 'AppleWebKit/605.1.15 (KHTML, like Gecko)'
const CHROME = `${WEBKIT} Chrome/141.0.0.0 Safari/537.36`
const PHONE = `${WEBKIT} Chrome/141.0.0.0 Mobile Safari/537.36`

type Row = [userAgent: string, browser: string, os: string, device: DeviceType]

const browsers: Row[] = [
  [`${WINDOWS} ${CHROME}`, 'Chrome', 'Windows', 'desktop'],
  [`${MAC} ${CHROME}`, 'Chrome', 'macOS', 'desktop'],
  [`${LINUX} ${CHROME}`, 'Chrome', 'Linux', 'desktop'],
  [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${CHROME}`, 'Chrome', 'ChromeOS', 'desktop'],
  [`${WINDOWS} ${CHROME} Edg/141.0.0.0`, 'Edge', 'Windows', 'desktop'],
  [`${WINDOWS} ${WEBKIT} Chrome/64.0.3282.140 Safari/537.36 Edge/17.17134`, 'Edge', 'Windows', 'desktop'],
  [`${WINDOWS} ${CHROME} OPR/125.0.0.0`, 'Opera', 'Windows', 'desktop'],
  [`${WINDOWS} ${CHROME} Vivaldi/7.6`, 'Vivaldi', 'Windows', 'desktop'],
  [`${WINDOWS} ${WEBKIT} Chrome/138.0.0.0 YaBrowser/25.8.0.0 Safari/537.36`, 'Yandex Browser', 'Windows', 'desktop'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0', 'Firefox', 'Windows', 'desktop'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) Gecko/20100101 Firefox/144.0', 'Firefox', 'macOS', 'desktop'],
  ['Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0', 'Firefox', 'Linux', 'desktop'],
  ['Mozilla/5.0 (X11; FreeBSD amd64; rv:144.0) Gecko/20100101 Firefox/144.0', 'Firefox', '', 'desktop'],
  [`${MAC} ${APPLE} Version/26.0 Safari/605.1.15`, 'Safari', 'macOS', 'desktop'],
  [`${MAC} ${APPLE} Version/26.0 Safari/605.1.15 Ddg/26.0`, 'DuckDuckGo', 'macOS', 'desktop'],
  ['Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko', 'Internet Explorer', 'Windows', 'desktop'],
  ['Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0)', 'Internet Explorer', 'Windows', 'desktop'],
  ['Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18', 'Opera', 'Windows', 'desktop'],
  [`${WINDOWS} ${WEBKIT} Slack/4.46.99 Chrome/138.0.0.0 Electron/37.3.1 Safari/537.36`, 'Electron', 'Windows', 'desktop'],
  [`${WINDOWS} ${WEBKIT} Code/1.115.0 Chrome/142.0.0.0 Electron/39.8.5 Safari/537.36`, 'Electron', 'Windows', 'desktop'],
  [`${MAC} ${WEBKIT} Notion/4.19.0 Chrome/138.0.0.0 Electron/37.4.0 Safari/537.36`, 'Electron', 'macOS', 'desktop'],
  [
    'Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.0.0 Safari/537.36 WebAppManager',
    'WebOS Browser',
    'webOS',
    'desktop',
  ],
  [`Mozilla/5.0 (Linux; Android 9; BRAVIA 4K VH2) ${CHROME}`, 'Chrome', 'Android', 'desktop'],
  ['Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/7.0 TV Safari/537.36', 'Tizen', 'Tizen', 'desktop'],
]

const phones: Row[] = [
  [`Mozilla/5.0 (Linux; Android 10; K) ${PHONE}`, 'Chrome', 'Android', 'mobile'],
  [`Mozilla/5.0 (Linux; Android 14; SM-S921B) ${WEBKIT} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36`, 'Samsung Internet', 'Android', 'mobile'],
  [`${IPHONE} ${APPLE} Version/17.4 Mobile/15E148 Safari/604.1`, 'Safari', 'iOS', 'mobile'],
  [`${IPHONE} ${APPLE} CriOS/141.0.0.0 Mobile/15E148 Safari/604.1`, 'Chrome', 'iOS', 'mobile'],
  [`${IPHONE} ${APPLE} FxiOS/144.0 Mobile/15E148 Safari/605.1.15`, 'Firefox', 'iOS', 'mobile'],
  [`${IPHONE} ${APPLE} Version/17.0 EdgiOS/141.0.0.0 Mobile/15E148 Safari/604.1`, 'Edge', 'iOS', 'mobile'],
  [`${IPHONE} ${APPLE} GSA/390.0 Mobile/15E148 Safari/604.1`, 'Google Search', 'iOS', 'mobile'],
  [`${IPHONE} ${APPLE} Mobile/15E148 [FBAN/FBIOS;FBAV/455.0.0.41.110;FBBV/1;FBDV/iPhone15,2]`, 'Safari', 'iOS', 'mobile'],
  [`${IPHONE} ${APPLE} Mobile/15E148 Instagram 320.0.0.42.101 (iPhone15,2; iOS 17_4)`, 'Safari', 'iOS', 'mobile'],
  ['Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0', 'Firefox', 'Android', 'mobile'],
  [`Mozilla/5.0 (Linux; Android 10; HLK-AL00; HMSCore 6.13) ${WEBKIT} Chrome/114.0.0.0 HuaweiBrowser/16.0 Mobile Safari/537.36`, 'Chrome', 'Android', 'mobile'],
  [
    `Mozilla/5.0 (Linux; U; Android 13; en-us; Redmi) ${WEBKIT} Version/4.0 Chrome/112 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14`,
    'MIUI Browser',
    'Android',
    'mobile',
  ],
  [`Mozilla/5.0 (Linux; Android 13; Pixel 7; wv) ${WEBKIT} Version/4.0 Chrome/141.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A]`, 'Chrome', 'Android', 'mobile'],
  [
    `Mozilla/5.0 (Linux; Android 15; CPH2557 Build/AP3A.240617.008; wv) ${WEBKIT} Version/4.0 Chrome/142.0.0.0 Mobile Safari/537.36 Instagram 406.0`,
    'Chrome',
    'Android',
    'mobile',
  ],
  [`Mozilla/5.0 (Linux; Android 16; Pixel 10; wv) ${WEBKIT} Version/4.0 Chrome/146.0.0.0 Mobile Safari/537.36 MetaIAB Facebook`, 'Chrome', 'Android', 'mobile'],
  [`Mozilla/5.0 (Linux; Android 12; SM-A125F) ${WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36 OPR/76.2`, 'Opera', 'Android', 'mobile'],
  ['Opera/9.80 (J2ME/MIDP; Opera Mini/9.80/191.273; U; en) Presto/2.12.423 Version/12.16', 'Opera', '', 'mobile'],
  ['Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A.230805.001)', '', 'Android', 'mobile'],
  ['Depot/4.2 (com.example.depot; build:1180; iOS 17.4.0) Alamofire/5.8.1', '', 'iOS', 'mobile'],
]

const tablets: Row[] = [
  [`${IPAD} ${APPLE} Version/12.1 Mobile/15E148 Safari/604.1`, 'Safari', 'iOS', 'tablet'],
  [`${IPAD} ${APPLE} CriOS/141.0.0.0 Mobile/15E148 Safari/604.1`, 'Chrome', 'iOS', 'tablet'],
  [`Mozilla/5.0 (Linux; Android 13; SM-X906C) ${CHROME}`, 'Chrome', 'Android', 'tablet'],
  ['Mozilla/5.0 (Android 13; Tablet; rv:144.0) Gecko/144.0 Firefox/144.0', 'Firefox', 'Android', 'tablet'],
  [`Mozilla/5.0 (Linux; Android 9; KFTRWI) ${WEBKIT} Silk/120.4.1 like Chrome/120.0.6099.210 Safari/537.36`, 'Amazon Silk', 'Android', 'tablet'],
  [`${MAC} ${APPLE} CriOS/141.0.0.0 Version/11.1.1 Safari/605.1.15`, 'Chrome', 'iOS', 'tablet'],
  [`Mozilla/5.0 (Linux; Android 10; Nexus 10) ${CHROME}`, 'Chrome', 'Android', 'tablet'],
]

const servers = [
  '',
  'curl/8.14.1',
  'Wget/1.21.4',
  'node',
  'undici',
  'node-fetch/1.0 (+https://github.com/bitinn/node-fetch)',
  'axios/1.12.2',
  'got (https://github.com/sindresorhus/got)',
  'Deno/2.5.4',
  'Bun/1.3.0',
  'GuzzleHttp/7',
  'Symfony HttpClient (Curl)',
  'PHP/8.4.1',
  'PHP-Curl-Class/9.19 (+https://github.com/php-curl-class/php-curl-class) PHP/8.2',
  'WordPress/6.8.3; https://botany.example.com',
  'python-requests/2.32.5',
  'python-httpx/0.28.1',
  'Python/3.13 aiohttp/3.12.15',
  'Python-urllib/3.13',
  'Go-http-client/2.0',
  'okhttp/5.1.0',
  'Java/21.0.4',
  'Java-http-client/21.0.4',
  'Apache-HttpClient/4.5.14 (Java/21.0.4)',
  'libwww-perl/6.79',
  'Ruby',
  'Faraday v2.14.0',
  'rest-client/2.1.0 (linux x86_64) ruby/3.4.1p0',
  'Dart/3.9 (dart:io)',
  'PostmanRuntime/7.48.0',
  'insomnia/11.6.1',
  'HTTPie/3.2.4',
  'k6/1.3.0 (https://k6.io/)',
  'Playwright/1.56.0 (x64; ubuntu 24.04) node/24.9',
  'Zapier',
  'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
  'analytics-node-next/latest',
  'posthog-node/5.70.0',
  'OTel-OTLP-Exporter-JavaScript/0.223.1',
  'Mozilla/5.0 Umami/v20.20.2',
  'Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.26100.1',
  'our-backend/1.0 (billing)',
]

const crawlers = [
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Googlebot/2.1 (+http://www.google.com/bot.html)',
  `Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; +http://www.google.com/bot.html) Chrome/141.0.0.0 Safari/537.36`,
  `Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) ${PHONE} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`,
  'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.0.0 Safari/537.36',
  'Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)',
  'Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)',
  'DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)',
  'Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)',
  'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)',
  'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot',
  'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)',
  'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)',
  'CCBot/2.0 (https://commoncrawl.org/faq/)',
  'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
  'meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)',
  'Twitterbot/1.0',
  'LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)',
  'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
  'WhatsApp/2.23.20.0',
  'TelegramBot (like TwitterBot)',
  'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)',
  'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)',
  'Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)',
  'Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)',
  'Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)',
  `${LINUX} ${CHROME} DatadogSynthetics`,
  'Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)',
  'Scrapy/2.13 (+https://scrapy.org)',
  'Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)',
  `${MAC} ${APPLE} Version/17.4 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)`,
  `${LINUX} ${WEBKIT} HeadlessChrome/120.0.0.0 Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`,
]

const testing: Row[] = [
  [`${LINUX} ${WEBKIT} HeadlessChrome/141.0.0.0 Safari/537.36`, 'Chrome', 'Linux', 'desktop'],
  [`${LINUX} ${WEBKIT} HeadlessChrome/120.0.0.0 Safari/537.36 Puppeteer`, 'Chrome', 'Linux', 'desktop'],
  [`${WINDOWS} ${CHROME} Playwright/1.56.0`, 'Chrome', 'Windows', 'desktop'],
  [`${WINDOWS} ${CHROME}; Selenium`, 'Chrome', 'Windows', 'desktop'],
  [`${MAC} ${WEBKIT} Cypress/15.4.0 Chrome/138.0.0.0 Electron/37.6.0 Safari/537.36`, 'Electron', 'macOS', 'desktop'],
  [`Mozilla/5.0 (linux) ${WEBKIT} jsdom/27.0.0`, 'jsdom', 'Linux', 'desktop'],
  [`Mozilla/5.0 (X11; Linux x64) ${WEBKIT} HappyDOM/20.0.0`, 'HappyDOM', 'Linux', 'desktop'],
  [`Mozilla/5.0 (Linux; Android 11; moto g power (2022)) ${PHONE} Chrome-Lighthouse`, 'Chrome', 'Android', 'mobile'],
  [`${LINUX} ${CHROME} PTST/250101.1`, 'Chrome', 'Linux', 'desktop'],
]

test.each([...browsers, ...phones, ...tablets])('%s is a person with %s on %s, %s', (userAgent, browser, os, device_type) => {
  expect(readAgent(userAgent)).toEqual({ browser, os, device_type, is_bot: false })
})

test.each(testing)('%s is no bot for saying that it tests', (userAgent, browser, os, device_type) => {
  expect(readAgent(userAgent)).toEqual({ browser, os, device_type, is_bot: false })
})

test.each(servers)('"%s" is a server', (userAgent) => {
  expect(readAgent(userAgent)).toEqual({ browser: '', os: '', device_type: 'server', is_bot: false })
})

test.each(crawlers)('%s is a bot', (userAgent) => {
  expect(readAgent(userAgent)).toMatchObject({ device_type: 'bot', is_bot: true })
})

test('a given device type holds, and switches the crawler rules off', () => {
  const userAgent = `${WINDOWS} ${CHROME} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`
  expect(deviceOf({ given: undefined, userAgent })).toMatchObject({ device_type: 'bot', is_bot: true, os: 'Windows' })
  expect(deviceOf({ given: 'desktop', userAgent })).toMatchObject({ device_type: 'desktop', is_bot: false, os: 'Windows' })
  expect(deviceOf({ given: 'mobile', userAgent: 'curl/8.14.1' })).toEqual({ browser: '', os: '', device_type: 'mobile', is_bot: false })
  expect(deviceOf({ given: 'bot', userAgent: 'curl/8.14.1' })).toMatchObject({ device_type: 'bot', is_bot: true })
})

test('an iPad that asks for the desktop site cannot be told from a Mac', () => {
  expect(readAgent(`${MAC} ${APPLE} Version/18.0 Safari/605.1.15`)).toMatchObject({ device_type: 'desktop', os: 'macOS' })
})

test('a made-up browser adds no name to the columns', () => {
  expect(readAgent('Mozilla/5.0 (compatible; Nobody/1.0)')).toEqual({ browser: '', os: '', device_type: 'desktop', is_bot: false })
})

test('every pattern named here is on the installed list of crawlers', () => {
  expect(unknownPatterns).toEqual([])
})

test('any text gives the same answer twice, and one of the five device types', () => {
  const fragment = fc.constantFrom(...browsers.map(([ua]) => ua), ...crawlers, 'Mozilla/5.0 (', 'Android', '/', ' ', ')')
  const userAgents = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3_000 }),
    fc.array(fragment, { maxLength: 8 }).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(userAgents, (userAgent) => {
      const agent = readAgent(userAgent)
      expect(readAgent(userAgent)).toEqual(agent)
      expect(['desktop', 'mobile', 'tablet', 'server', 'bot']).toContain(agent.device_type)
      expect(agent.is_bot).toBe(agent.device_type === 'bot')
      expect(agent.browser.length).toBeLessThan(40)
    }),
  )
})
