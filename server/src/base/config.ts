import { resolve } from 'node:path'
import { EMAIL, MAX_PASSWORD, MIN_PASSWORD } from '@cairn/wire/credentials'

/**
 * Every setting in one table: name, default, how it is read, what it means. `docs/settings.md` is made from it and tested against it.
 * Nothing else reads the environment. A bad value, or a CAIRN_ name that is not here, stops the start with all mistakes at once.
 */
const text = (value: string): string => value
const whole =
  (min: number, max: number) =>
  (value: string): number => {
    const n = Number(value)
    if (!Number.isInteger(n) || n < min || n > max) throw new Error(`must be a whole number from ${min} to ${max}`)
    return n
  }
const url =
  (...protocols: string[]) =>
  (value: string): string => {
    const parsed = URL.parse(value)
    if (!parsed || !protocols.includes(parsed.protocol)) throw new Error(`must be a URL beginning with ${protocols.map((p) => `${p}//`).join(' or ')}`)
    return value
  }
const key = (value: string): string => {
  if (!/^[A-Za-z0-9_-]{16,200}$/.test(value)) throw new Error('must be 16 to 200 characters out of A-Z a-z 0-9 _ -')
  return value
}
const email = (value: string): string => {
  if (!new RegExp(EMAIL).test(value)) throw new Error('must be an e-mail address such as ada@example.com')
  return value
}
const password = (value: string): string => {
  if (value.length < MIN_PASSWORD || value.length > MAX_PASSWORD) throw new Error(`must be ${MIN_PASSWORD} to ${MAX_PASSWORD} characters`)
  return value
}
const oneOf =
  <T extends string>(...values: T[]) =>
  (value: string): T => {
    const found = values.find((v) => v === value)
    if (found === undefined) throw new Error(`must be one of ${values.join(', ')}`)
    return found
  }
const list =
  <T extends string>(...values: T[]) =>
  (value: string): T[] =>
    value
      .split(',')
      .map((v) => v.trim())
      .filter((v) => v !== '')
      .map((v) => oneOf(...values)(v))
const words = (value: string): string[] =>
  value
    .split(',')
    .map((v) => v.trim())
    .filter((v) => v !== '')
/** `512m`, `1g` or `2048m` → bytes. */
const bytes = (value: string): number => {
  const match = /^(\d+)\s*(m|g)b?$/i.exec(value)
  if (!match) throw new Error('must be a size such as 1g or 1536m')
  const n = Number(match[1]) * (match[2]?.toLowerCase() === 'g' ? 1024 : 1) * 1024 * 1024
  if (n < 512 * 1024 * 1024) throw new Error('must be at least 512m')
  return n
}

/** First parts of this server's own addresses; what pages of others are told must not hide them. */
const own = ['api', 'assets', 'packages', 'w', 'setup', 'sign-in', 'join', 'account', 'shared', 'favicon.svg', 'manifest.webmanifest']
const scriptName = (value: string): string => {
  if (!/^[a-z0-9_-]{1,64}$/.test(value)) throw new Error('must be 1 to 64 characters out of a-z 0-9 _ -')
  if (own.includes(value)) throw new Error('would hide addresses of Cairn itself; choose another name')
  return value
}
const collectPath = (value: string): string => {
  if (!/^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/.test(value) || value.length > 200)
    throw new Error('must be a path such as /hello/log, of at most 200 characters out of A-Z a-z 0-9 . _ ~ - /, with no / at the end')
  if (own.includes(value.split('/')[1] ?? '')) throw new Error('would hide addresses of Cairn itself; choose another path')
  return value
}

export const streams = ['events', 'interactions', 'snapshots', 'metrics', 'chat', 'sessions'] as const
export type Stream = (typeof streams)[number]

interface Setting<T> {
  default: T
  read: (value: string) => T
  means: string
}
const setting = <T>(fallback: NoInfer<T>, read: (value: string) => T, means: string): Setting<T> => ({ default: fallback, read, means })
const optional = <T>(read: (value: string) => T, means: string): Setting<T | undefined> => ({ default: undefined, read, means })

export const settings = {
  PORT: setting(4300, whole(0, 65_535), 'TCP port to listen on; 0 takes any free one.'),
  HOST: setting('127.0.0.1', text, 'Address to listen on; 0.0.0.0 for all.'),
  CAIRN_DATA_DIR: setting('./data', text, 'Folder that holds journal, event store and catalog.'),
  CAIRN_PUBLIC_URL: optional(url('http:', 'https:'), 'Address under which users reach this Cairn, where it is not the one it listens on.'),
  DATABASE_URL: optional(url('postgres:', 'postgresql:'), 'Postgres for the catalog; without it SQLite in the data folder.'),
  CLICKHOUSE_URL: optional(url('http:', 'https:'), 'ClickHouse for events (may carry user, password and /database); without it the embedded engine.'),
  CLICKHOUSE_CLUSTER: optional(text, 'Name of the ClickHouse cluster: tables become Replicated and Distributed.'),
  REDIS_URL: optional(url('redis:', 'rediss:'), 'Redis for several nodes behind one address: each event is taken once, and live tells the events of all.'),
  CAIRN_TRUSTED_PROXIES: setting([], words, 'Comma-separated addresses or CIDR ranges of proxies whose X-Forwarded-For is believed.'),
  CAIRN_GEOIP_FILE: optional(text, 'MaxMind country database (.mmdb); without it no country is derived.'),
  CAIRN_STREAMS_OFF: setting([], list(...streams), 'Comma-separated streams that record nothing.'),
  CAIRN_SCRIPT_NAME: setting(
    'cairn',
    scriptName,
    'Name under which the tracker’s script is served, in the place of cairn in /cairn.js, /cairn.mjs and /cairn/chunks/.',
  ),
  CAIRN_COLLECT_PATH: optional(collectPath, 'Second address of POST /api/events/log/batch, such as /hello/log; the served scripts send to it.'),
  CAIRN_WRITE_KEY: optional(key, 'Write key of the first workspace, set at first start; made and printed once where absent.'),
  CAIRN_SECRET_KEY: optional(key, 'Secret key of the first workspace, set at first start; made and printed once where absent.'),
  CAIRN_ADMIN_EMAIL: optional(email, 'E-mail address of the first user, made at the first start that has none; with CAIRN_ADMIN_PASSWORD.'),
  CAIRN_ADMIN_PASSWORD: optional(password, 'Password of the first user, at least 10 characters; without both the start prints a link to set up.'),
  CAIRN_MEMORY: setting(2 * 1024 * 1024 * 1024, bytes, 'Memory that server and engine plan for; scales query slots, limits and caches.'),
  CAIRN_JOURNAL_MAX: setting(8 * 1024 * 1024 * 1024, bytes, 'Disk that the journal may take before intake answers 503.'),
  CAIRN_LOG_LEVEL: setting('info', oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'), 'Least severe log line that is written.'),
} as const

/**
 * Names that are settled but whose part is not in this version: setting one is no mistake, and no help either; the start says so.
 * They move into the table above with their part.
 */
export const later = [
  'SMTP_URL',
  'CAIRN_EMBEDDINGS',
  'CAIRN_CHAT_LOGGING',
  'CAIRN_USER_ID_SALT',
  'CAIRN_OIDC_ISSUER',
  'CAIRN_OIDC_CLIENT_ID',
  'CAIRN_OIDC_CLIENT_SECRET',
] as const

/** Of the names in `later`, those that are set. */
export const withoutEffect = (given: Environment): string[] => later.filter((name) => (given[name] ?? '') !== '')

type Environment = Readonly<Record<string, string | undefined>>
type Values = { -readonly [K in keyof typeof settings]: (typeof settings)[K] extends Setting<infer T> ? T : never }
export interface Config extends Readonly<Omit<Values, 'CAIRN_DATA_DIR'>> {
  /** Absolute. */
  readonly CAIRN_DATA_DIR: string
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Reads and checks all settings; throws one ConfigError that names every wrong one with its value and the remedy. */
export function readConfig(environment: Environment): Config {
  const wrong: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, { default: fallback, read }] of Object.entries(settings)) {
    const given = environment[name]
    if (given === undefined || given === '') {
      values[name] = fallback
      continue
    }
    try {
      values[name] = read(given)
    } catch (error) {
      const shown = /KEY|PASSWORD|SALT|URL/.test(name) ? '' : ` (is "${given}")`
      wrong.push(`${name}${shown} ${error instanceof Error ? error.message : 'is wrong'}`)
    }
  }
  for (const name of Object.keys(environment)) {
    if (name.startsWith('CAIRN_') && !(name in settings) && !later.some((known) => known === name))
      wrong.push(`${name} is not a setting; the settings are listed in docs/settings.md`)
  }
  if ((values['CAIRN_ADMIN_EMAIL'] === undefined) !== (values['CAIRN_ADMIN_PASSWORD'] === undefined) && wrong.length === 0)
    wrong.push('CAIRN_ADMIN_EMAIL and CAIRN_ADMIN_PASSWORD belong together: set both, or none')
  const script = `/${String(values['CAIRN_SCRIPT_NAME'])}`
  if ([`${script}.js`, `${script}.mjs`].includes(String(values['CAIRN_COLLECT_PATH'])) || String(values['CAIRN_COLLECT_PATH']).startsWith(`${script}/chunks/`))
    wrong.push('CAIRN_COLLECT_PATH is an address of the script that CAIRN_SCRIPT_NAME names; choose another path')
  if (wrong.length > 0) throw new ConfigError(wrong.join('\n'))
  values['CAIRN_DATA_DIR'] = resolve(String(values['CAIRN_DATA_DIR']))
  return Object.freeze(values) as unknown as Config
}

/** The environment of this process, read in this one place. */
export const environment = (): Environment => process.env
