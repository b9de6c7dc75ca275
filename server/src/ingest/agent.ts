import type { DeviceType } from '@cairn/wire/event'
import { BROWSER_MAP, OS_MAP, getParser } from 'bowser'
import { isCrawlingBrowser, isCrawlingClient } from './agent-crawlers.ts'
import { Memo } from '../base/memo.ts'

/**
 * Who made an event, told by its user agent: browser, operating system, kind of device, crawler or not.
 *
 * A user agent of a browser's form ("Mozilla/5.0 (platform) …") is a person's browser unless a crawler pattern says otherwise. Anything else
 * is a program: a phone where it names one (the HTTP stacks of native applications do), a crawler where a pattern says so, else a server.
 * So curl, Guzzle, node and no user agent at all are `server`; headless and test browsers are what they emulate.
 *
 * What cannot be told: Safari on an iPad asks for the desktop site (the default since iPadOS 13) and sends the user agent of a Mac, so it is `desktop` and
 * `macOS` unless the tracker gives device_type. Windows 10 and 11, and macOS after 10.15, share one user agent each. A television or a games
 * console counts as `desktop`, the nearest of the five kinds. Brave and most Chromium forks send the user agent of Chrome.
 */
export interface Agent {
  /** '' where unknown, and for servers. */
  readonly browser: string
  readonly os: string
  readonly device_type: DeviceType
  readonly is_bot: boolean
}

/** Of one user agent, without what the event itself says. The answer is shared: do not change it. */
export function readAgent(userAgent: string): Agent {
  const known = agents.get(userAgent)
  if (known !== undefined) return known
  return agents.set(userAgent, derive(userAgent.length > MAX_LENGTH ? userAgent.slice(0, MAX_LENGTH) : userAgent))
}

/** As stored with an event. A device type given by the sender holds, and then the crawler rules do not apply: only `bot` itself is a bot. */
export function deviceOf({ given, userAgent }: { given: DeviceType | undefined; userAgent: string }): Agent {
  const agent = readAgent(userAgent)
  return given === undefined ? agent : { browser: agent.browser, os: agent.os, device_type: given, is_bot: given === 'bot' }
}

/** Applications that append to a browser's user agent stay under 500 characters; what comes later is padding and not worth matching. */
const MAX_LENGTH = 512
/** A derivation costs 20 µs, a look-up 0.2; at 8,192 entries the memory stays under 16 MB even when strangers fill it with long ones. */
const agents = new Memo<Agent>(8_192)

const browserForm = /^(?:Mozilla|Opera)\/[\d.]+ \(/
/** Programs that dress as a browser. */
const serverInDisguise = /PowerShell\/|WinHttp|AnyEvent-HTTP|Indy Library|Google-Apps-Script/
const phoneClient = /\b(?:iPhone|iPad|iPod|iPadOS|iOS|Android|Dalvik|MIDP)\b/

function derive(userAgent: string): Agent {
  if (!browserForm.test(userAgent)) return deriveClient(userAgent)
  if (serverInDisguise.test(userAgent)) return server
  const parsed = getParser(userAgent, true)
  const browser = browserNames.get(parsed.getBrowserName()) ?? ''
  const os = padAsMac.test(userAgent) ? 'iOS' : (osNames.get(parsed.getOSName()) ?? '')
  if (isCrawlingBrowser(userAgent)) return { browser, os, device_type: 'bot', is_bot: true }
  return { browser: testDom.exec(userAgent)?.[1] ?? browser, os, device_type: screenOf(userAgent), is_bot: false }
}

const server: Agent = { browser: '', os: '', device_type: 'server', is_bot: false }

function deriveClient(userAgent: string): Agent {
  if (isCrawlingClient(userAgent)) return { browser: '', os: '', device_type: 'bot', is_bot: true }
  if (!phoneClient.test(userAgent)) return server
  const os = /iPhone|iPad|iPod|iOS/.test(userAgent) ? 'iOS' : /Android|Dalvik/.test(userAgent) ? 'Android' : ''
  return { browser: '', os, device_type: /iPad/.test(userAgent) ? 'tablet' : 'mobile', is_bot: false }
}

/** Own rules instead of bowser's platforms, which call every Huawei a phone, every Android television a tablet and Yahoo's application a bot. */
function screenOf(userAgent: string): DeviceType {
  if (television.test(userAgent)) return 'desktop'
  if (tablet.test(userAgent) || padAsMac.test(userAgent)) return 'tablet'
  if (phone.test(userAgent)) return 'mobile'
  // Android on anything but a phone leaves "Mobile" out.
  return userAgent.includes('Android') ? 'tablet' : 'desktop'
}
const television = /\bTV\b|SMART-TV|SmartTV|GoogleTV|AppleTV|HbbTV|Web0S|NetCast|BRAVIA|\bAFT[A-Z]|CrKey|Roku|PlayStation \d|Xbox/
const tablet = /iPad|[Tt]ablet(?! PC)|PlayBook|Silk\/|Kindle|Nexus (?:7|9|10)\b/
/** Chrome, Firefox and Edge on an iPad say so even when they ask for the desktop site. */
const padAsMac = /Macintosh.*(?:CriOS|FxiOS|EdgiOS)\//
const phone = /Mobi|iPhone|iPod|Opera Mini|Windows Phone|BlackBerry|BB10|Symbian|MIDP|Nintendo 3DS|PlayStation Vita/

/** DOMs for tests send the user agent of WebKit. */
const testDom = /\b(jsdom|HappyDOM)\//

/** Only names on bowser's own list: for an unknown browser it would answer a piece of the user agent, and the column is low in cardinality. */
const browserNames = new Map([
  ...Object.values(BROWSER_MAP).map((name): [string, string] => [name, name]),
  ['Microsoft Edge', 'Edge'],
  ['Samsung Internet for Android', 'Samsung Internet'],
  ['NAVER Whale Browser', 'Whale'],
  ['Opera Coast', 'Opera'],
  ['Miui', 'MIUI Browser'],
  ['Generic', ''],
])
const osNames = new Map([...Object.values(OS_MAP).map((name): [string, string] => [name, name]), ['Chrome OS', 'ChromeOS'], ['WebOS', 'webOS']])
