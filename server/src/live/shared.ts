import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import type { Log } from '../base/log.ts'
import { MINUTE, SECOND } from '../base/time.ts'
import type { Recent } from '../ingest/recent.ts'
import { encodeRecord, kinds, plainPayload } from '../ingest/record.ts'
import { readSegment } from '../ingest/segment.ts'
import { script, type Redis } from '../redis/redis.ts'
import type { Segments } from './segments.ts'

/**
 * The segments of all nodes in one order, for those who watch: each node puts the events of a segment that it has sealed into Redis, where it gets
 * its number, by the clock of Redis and above all before it. So an id that a client resumes after means the same on every node, and everything behind
 * it is there for ten minutes, or known to be gone.
 *
 * In Redis, compressed: `cairn:live:<number>` the events, for 12 minutes, 256 MB in all; `cairn:live` their numbers and sizes; `cairn:live:last`,
 * `cairn:live:gone`; `cairn:live:places` how far each node has come in its own journal, written with the segment, so that a node that starts anew
 * neither leaves one out nor puts one there twice. While nobody has watched for 12 minutes, segments are passed over instead, and count as gone.
 */
export interface SharedDeps {
  redis: Redis
  /** This node's own. */
  recent: Recent
  node: string
  log: Log
  /** Told whether anybody watches, on any node. */
  watched(watched: boolean): void
}

const KEEP_MS = 12 * MINUTE
const MAX_BYTES = 256 * 1024 * 1024
const TICK_MS = 1 * SECOND
/** Often enough that whoever was cut off finds ten minutes. */
const WATCH_MS = 1 * MINUTE
const CHANNEL = 'cairn:live'
const LET_GO = 'let go'

const ground = `
local function text(n) return string.format('%.0f', n) end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local gone = tonumber(redis.call('GET', 'cairn:live:gone') or now)
local last = tonumber(redis.call('GET', 'cairn:live:last') or gone)
local before = last
local function drop(member)
  local number, bytes = string.match(member, '^(%d+):(%d+)$')
  redis.call('ZREM', 'cairn:live', member)
  redis.call('DEL', 'cairn:live:' .. number)
  redis.call('DECRBY', 'cairn:live:bytes', bytes)
  gone = math.max(gone, tonumber(number))
end
local function all() return redis.call('ZRANGE', 'cairn:live', 0, -1) end
local function keep(what)
  redis.call('SET', 'cairn:live:gone', text(gone))
  redis.call('SET', 'cairn:live:last', text(last))
  if what then redis.call('PUBLISH', 'cairn:live', text(last) .. ' ' .. text(gone) .. ' ' .. text(before) .. ' ' .. what) end
end
`
const STATE = script(`${ground}
if redis.call('EXISTS', 'cairn:live:gone') == 0 then keep() end
local answer = { text(gone) }
for _, member in ipairs(redis.call('ZRANGEBYSCORE', 'cairn:live', '(' .. ARGV[1], '+inf')) do answer[#answer + 1] = string.match(member, '^%d+') end
return answer`)
/** Its events are '' where they were not looked at, since nobody seems to watch, or where they are gone. Answers 'look' where somebody does. */
const PUT = script(`${ground}
local node, place, why, events, most, ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6]
local known = redis.call('HGET', 'cairn:live:places', node)
if known and tonumber(known) >= tonumber(place) then return 'known' end
if why == 'unwatched' and redis.call('EXISTS', 'cairn:live:watched') == 1 then return 'look' end
redis.call('HSET', 'cairn:live:places', node, place)
last = math.max(last + 1, now)
if events == '' then
  for _, member in ipairs(all()) do drop(member) end
  gone = last
else
  redis.call('SET', 'cairn:live:' .. text(last), events, 'PX', ms)
  redis.call('ZADD', 'cairn:live', text(last), text(last) .. ':' .. #events)
  local bytes = redis.call('INCRBY', 'cairn:live:bytes', #events)
  for _, member in ipairs(all()) do
    local number, size = string.match(member, '^(%d+):(%d+)$')
    if tonumber(number) >= now - ms and bytes <= most then break end
    bytes = bytes - size
    drop(member)
  end
end
keep('')
return 'put'`)
const DROP = script(`${ground}
for _, member in ipairs(all()) do drop(member) end
gone = last
keep('${LET_GO}')`)

export class SharedSegments implements Segments {
  readonly #deps: SharedDeps
  #numbers: number[] = []
  #gone = 0
  #added: () => void = () => undefined
  /** How far this node has told of its own; undefined until Redis has said so. */
  #place: number | undefined
  #telling: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #isWatchedHere = false
  #sayWatchedAt = 0
  #stopped = false

  constructor(deps: SharedDeps) {
    this.#deps = deps
  }

  start(): void {
    const { redis, recent } = this.#deps
    redis.listen(CHANNEL, (message) => this.#hear(message))
    redis.whenThere(() => {
      this.#look()
      this.#tell()
    })
    recent.follow(() => this.#tell())
    this.#timer = setInterval(() => void this.#tick(), TICK_MS)
    this.#timer.unref()
  }

  get last(): number {
    return this.#numbers.at(-1) ?? this.#gone
  }
  get gone(): number {
    return this.#gone
  }

  follow(added: () => void): void {
    this.#added = added
  }

  after(number: number): number | undefined {
    return number >= this.last ? undefined : this.#numbers.find((n) => n > number)
  }

  /** While Redis is away it is waited for: nothing is missed because of that. */
  async read(number: number): Promise<Buffer | undefined> {
    for (;;) {
      try {
        const events = (await this.#deps.redis.send(['GET', `cairn:live:${number}`])) as Buffer | null
        return events === null ? undefined : await decompress(events)
      } catch (error) {
        if (this.#stopped) throw error
        await sleep(TICK_MS)
      }
    }
  }

  /** To be awaited before somebody is let in: everything sealed from then on is told, and ids that any node has told are known. Throws 503. */
  async prepare(): Promise<void> {
    await this.#sayWatched()
    await this.#load()
  }

  set watchedHere(watched: boolean) {
    this.#isWatchedHere = watched
    if (watched) this.#deps.watched(true)
  }

  /** Lets go of all that is there, on all nodes. Throws 503. */
  async letGo(): Promise<void> {
    await this.#deps.redis.run(DROP, [])
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    await this.#telling
  }

  async #tick(): Promise<void> {
    const { redis } = this.#deps
    if (!redis.isThere) return
    try {
      if (this.#isWatchedHere && performance.now() - this.#sayWatchedAt > WATCH_MS) await this.#sayWatched()
      this.#deps.watched(this.#isWatchedHere || (await redis.send(['EXISTS', 'cairn:live:watched'])) === 1)
    } catch (error) {
      this.#deps.log.debug({ err: error }, 'whether anybody watches could not be asked')
    }
    if (this.#isWatchedHere) this.#look()
    this.#tell()
  }

  async #sayWatched(): Promise<void> {
    await this.#deps.redis.send(['SET', 'cairn:live:watched', '1', 'PX', String(KEEP_MS)])
    this.#sayWatchedAt = performance.now()
  }

  #look(): void {
    this.#load().catch((error: unknown) => this.#deps.log.debug({ err: error }, 'what the nodes have told live could not be read; it is tried again'))
  }

  /** What is behind the last number that is known. */
  async #load(): Promise<void> {
    const [gone, ...numbers] = ((await this.#deps.redis.run(STATE, [this.last])) as Buffer[]).map((number) => Number(String(number)))
    // Some may have been heard of meanwhile.
    for (const number of numbers) if (!this.#numbers.includes(number)) this.#numbers.push(number)
    this.#numbers.sort((a, b) => a - b)
    this.#drop(gone ?? 0)
    this.#added()
  }

  #hear(message: string): void {
    const [last = 0, gone = 0, before = 0] = message.split(' ', 3).map(Number)
    this.#drop(gone)
    // What was published while the connection was made anew was not heard.
    if (before > this.last) this.#look()
    else if (last > this.last) this.#numbers.push(last)
    if (message.endsWith(LET_GO))
      this.#deps.recent.letGo().catch((error: unknown) => this.#deps.log.error({ err: error }, 'segments kept for those who resume could not be deleted'))
    this.#added()
  }

  #drop(upTo: number): void {
    this.#gone = Math.max(this.#gone, upTo)
    const left = this.#numbers.findIndex((number) => number > this.#gone)
    this.#numbers.splice(0, left < 0 ? this.#numbers.length : left)
  }

  #tell(): void {
    if (this.#stopped || !this.#deps.redis.isThere) return
    this.#telling ??= this.#tellAll()
      .catch((error: unknown) => this.#deps.log.debug({ err: error }, 'live could not be told; it is tried again'))
      .finally(() => (this.#telling = undefined))
  }

  /** Ends where Redis fails; the next segment, the next second or its return goes on. */
  async #tellAll(): Promise<void> {
    const { redis, recent, node } = this.#deps
    this.#place ??= await this.#placeOf(node)
    while (!this.#stopped) {
      if (this.#place < recent.gone) {
        await redis.run(PUT, [node, recent.gone, 'lost', '', MAX_BYTES, KEEP_MS])
        this.#place = recent.gone
      }
      const number = recent.after(this.#place)
      if (number === undefined) return
      if (String(await redis.run(PUT, [node, number, 'unwatched', '', MAX_BYTES, KEEP_MS])) === 'look') {
        const bytes = await recent.read(number)
        // Gone meanwhile: then `recent.gone` says so.
        if (!bytes) continue
        const events = await eventsOf(bytes)
        if (events) await redis.run(PUT, [node, number, '', await compress(events), MAX_BYTES, KEEP_MS])
      }
      this.#place = number
    }
  }

  /** Where Redis knows nothing of this node, what was sealed before is not told, and whoever watches learns that something is missing. */
  async #placeOf(node: string): Promise<number> {
    const { redis, recent } = this.#deps
    const known = (await redis.send(['HGET', 'cairn:live:places', node])) as Buffer | null
    if (known !== null) return Number(known.toString())
    const { last } = recent
    // A new node has nothing to miss; it is known from here on, also where it is killed before its first segment.
    if (last === 0) await redis.send(['HSETNX', 'cairn:live:places', node, '0'])
    else await redis.run(PUT, [node, last, 'lost', '', MAX_BYTES, KEEP_MS])
    return last
  }
}

const zstd = promisify(zstdCompress)
/** The fastest: a quarter of the size, at 300 MB a second. */
const compress = (bytes: Buffer): Promise<Buffer> => zstd(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
const decompress = promisify(zstdDecompress)

/** A segment of the events alone; undefined where there are none. */
async function eventsOf(bytes: Buffer): Promise<Buffer | undefined> {
  const { eventLines } = await readSegment(bytes, { keepEventLines: true })
  if (eventLines.length === 0) return undefined
  const data = { seq: 1, records: eventLines.length, receipts: [] }
  const mark = (kind: typeof kinds.head | typeof kinds.commit): Buffer =>
    encodeRecord(plainPayload(kind, { workspaceId: 0, receivedAt: 0, keyId: '', tracker: '', source: '', id: '', data }))
  return Buffer.concat([mark(kinds.head), ...eventLines.map(([start, end]) => bytes.subarray(start, end)), mark(kinds.commit)])
}
