import { setTimeout as sleep } from 'node:timers/promises'
import { CairnError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { away, script, type Redis } from './redis.ts'

/**
 * Which node takes an event id, where several nodes do. An id is claimed before it is written (`pending`, for 30 s), and confirmed once it is
 * synced in the journal of the node. Another node's pending id is waited for; one whose time is over, or whose node has started anew without
 * it, is taken.
 *
 * A claim alone proves nothing: a sync may take longer than it lasts. What decides is the confirmation, of which the first counts. A node tells
 * its readers of a segment only when each id in it is confirmed; an event whose id another node confirmed first is set aside before that, and
 * counts as a repetition. So an id is stored once, whoever is killed or held up wherever; and never not at all, since whoever is answered has
 * it on disk.
 *
 * In Redis: `cairn:p:<workspace>:<id>` is `<node>.<run>` while pending. Confirmed ids stand in hashes of about 80 that Redis keeps as one piece
 * of memory, by the last two bytes of the id and by span of 12.5 hours; the value is the last 28 bits of the node's name. Three spans are asked, so an id is known for 25
 * to 37.5 hours; each takes about 21 bytes. `cairn:run:<node>` is the run of a node that has confirmed what its earlier runs left.
 */
export interface ClaimedId {
  workspaceId: number
  eventId: string
}

export interface ClaimsOptions {
  redis: Redis
  /** Names this node, for good. */
  node: string
  /** Names this run of it. */
  run: string
  log: Log
  /** How long a claim holds; of tests. */
  pendingMs?: number
}

const PENDING_MS = 30_000
/** More requests than this do not wait for other nodes: they would hold their bodies in memory. */
const MAX_WAITING = 256
const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 250
/** A script keeps all others waiting: 1,000 ids take about 10 ms. */
const IDS_AT_ONCE = 1_000
const START_MS = 5_000

const ground = `
local ws, node = ARGV[1], ARGV[2]
local span = math.floor(tonumber(redis.call('TIME')[1]) / 45000)
local function where(id, s) return 'cairn:i:' .. ws .. ':' .. s .. ':' .. string.sub(id, 15, 16) end
local function owner(id)
  for s = span, span - 2, -1 do
    local o = redis.call('HGET', where(id, s), string.sub(id, 1, 14))
    if o then return o end
  end
end
local function pending(id) return 'cairn:p:' .. ws .. ':' .. id end
`
/** For each id: r a repetition, m mine, w to be waited for. */
const CLAIM = script(`${ground}
local run, ms = ARGV[3], ARGV[4]
local me = node .. '.' .. run
local runs, answer = {}, {}
local function isOver(holder)
  local n, r = string.match(holder, '^(.*)%.(.*)$')
  if n == node then return true end
  if runs[n] == nil then runs[n] = redis.call('GET', 'cairn:run:' .. n) end
  return runs[n] and runs[n] ~= r
end
for i = 5, #ARGV do
  local id = ARGV[i]
  if owner(id) then answer[#answer + 1] = 'r'
  else
    local holder = redis.call('GET', pending(id))
    if holder and holder ~= me and not isOver(holder) then answer[#answer + 1] = 'w'
    else
      redis.call('SET', pending(id), me, 'PX', ms)
      answer[#answer + 1] = 'm'
    end
  end
end
return table.concat(answer)`)
/** Answers the places of those that another node has confirmed. */
const CONFIRM = script(`${ground}
local lost = {}
for i = 3, #ARGV do
  local id = ARGV[i]
  local o = owner(id)
  if not o then
    local key = where(id, span)
    redis.call('HSET', key, string.sub(id, 1, 14), node)
    if redis.call('HLEN', key) == 1 then redis.call('EXPIREAT', key, (span + 3) * 45000) end
  elseif o ~= node then lost[#lost + 1] = i - 3 end
  redis.call('DEL', pending(id))
end
return lost`)
const RELEASE = script(`${ground}
for i = 4, #ARGV do
  if redis.call('GET', pending(ARGV[i])) == node .. '.' .. ARGV[3] then redis.call('DEL', pending(ARGV[i])) end
end`)

interface Batch {
  /** Position of the commit that holds them. */
  seq: number
  ids: readonly ClaimedId[]
}

export class Claims {
  readonly #o: ClaimsOptions
  /** Synced, and not confirmed yet. */
  #unconfirmed: Batch[] = []
  #confirming: Promise<void> | undefined
  #isTold = false
  #closed = false
  #waiting = 0
  #settling: Array<{ seq: number; resolve: () => void }> = []
  /** Ids that another node has, whose events here are to be set aside. */
  readonly #lost = new Set<string>()
  readonly #number: number

  constructor(options: ClaimsOptions) {
    this.#o = options
    this.#number = Number.parseInt(options.node.slice(-7), 16)
  }

  /** To be called when what earlier runs left is handed to `confirm`. Waits for its confirmation, while Redis is there and for 5 s at most. */
  async start(): Promise<void> {
    this.#o.redis.whenThere(() => {
      this.#isTold = false
      this.#go()
    })
    if (this.#o.redis.isThere) await Promise.race([this.#confirming, sleep(START_MS, undefined, { ref: false })])
  }

  get isThere(): boolean {
    return this.#o.redis.isThere
  }
  get unconfirmed(): number {
    return this.#unconfirmed.reduce((sum, { ids }) => sum + ids.length, 0)
  }

  /**
   * Claims ids of one workspace; answers those that are confirmed already. All others may be written now. Waits for nodes that are at one of
   * them. Throws 503 where Redis is away, also where there are no ids: no event is taken then.
   */
  async claim(workspaceId: number, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const { redis, node, run, pendingMs = PENDING_MS } = this.#o
    if (!redis.isThere) throw away()
    const repeated = new Set<string>()
    const since = performance.now()
    let open = ids
    for (let pause = FIRST_PAUSE_MS; open.length > 0; pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5)) {
      // One piece of text for all: an array would be parsed item by item.
      const states = String(await redis.run(CLAIM, [workspaceId, node, run, pendingMs, ...open.map(bytesOf)]))
      for (const [place, id] of open.entries()) if (states[place] === 'r') repeated.add(id)
      if (!states.includes('w')) break
      // Those that are mine are claimed anew with each look, so that they do not run out meanwhile.
      open = open.filter((id) => !repeated.has(id))
      if (this.#waiting >= MAX_WAITING || performance.now() - since > 2 * pendingMs || this.#closed)
        throw new CairnError('overloaded', 'Another node is at the same event; send again in a few seconds.', { retryAfterSeconds: 5 })
      this.#waiting++
      await sleep(pause).finally(() => this.#waiting--)
    }
    return repeated
  }

  /** What could not be written after all may be taken by others at once; where Redis cannot be told, once the claim is over. */
  giveBack(workspaceId: number, ids: readonly string[]): void {
    const { redis, node, run, log } = this.#o
    redis.run(RELEASE, [workspaceId, node, run, ...ids.map(bytesOf)]).catch((error: unknown) => log.debug({ err: error }, 'claims could not be given back'))
  }

  /** They are synced, at that position; Redis is told as soon as it can be. */
  confirm(seq: number, ids: readonly ClaimedId[]): void {
    this.#unconfirmed.push({ seq, ids })
    this.#go()
  }

  /** Resolves once everything up to there is confirmed, by this node or another; false where it is closed before. */
  async settled(seq: number): Promise<boolean> {
    if (this.#isOpenBefore(seq)) await new Promise<void>((resolve) => this.#settling.push({ seq, resolve }))
    return !this.#isOpenBefore(seq)
  }

  /** Whether another node has it, so that the event here counts as a repetition. */
  isLost(workspaceId: number, eventId: string): boolean {
    return this.#lost.size > 0 && this.#lost.has(`${workspaceId} ${eventId}`)
  }
  get anyLost(): boolean {
    return this.#lost.size > 0
  }
  forgetLost(workspaceId: number, eventId: string): void {
    this.#lost.delete(`${workspaceId} ${eventId}`)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#confirming
    for (const { resolve } of this.#settling) resolve()
  }

  #isOpenBefore(seq: number): boolean {
    return this.#unconfirmed.some((batch) => batch.seq <= seq)
  }

  #go(): void {
    this.#confirming ??= this.#confirmAll().finally(() => {
      this.#confirming = undefined
      // Added when the last look was over.
      if (this.#o.redis.isThere && this.#unconfirmed.length > 0 && !this.#closed) this.#go()
    })
  }

  /** Goes on until all is confirmed, or Redis is away; whoever comes next, or its return, goes on. */
  async #confirmAll(): Promise<void> {
    const { redis, node, run, log } = this.#o
    while (redis.isThere && (this.#unconfirmed.length > 0 || !this.#isTold)) {
      const batches = this.#unconfirmed.slice()
      try {
        await this.#confirmSome(batches.flatMap(({ ids }) => ids))
        this.#unconfirmed.splice(0, batches.length)
        this.#settling = this.#settling.filter(({ seq, resolve }) => this.#isOpenBefore(seq) || resolve())
        if (this.#unconfirmed.length > 0 || this.#isTold) continue
        await redis.send(['SET', `cairn:run:${node}`, run])
        this.#isTold = true
      } catch (error) {
        log.warn({ err: error }, 'ids of events could not be confirmed; it is tried again')
        if (this.#closed) return
        await sleep(LONGEST_PAUSE_MS)
      }
    }
  }

  async #confirmSome(claimed: readonly ClaimedId[]): Promise<void> {
    for (const [workspaceId, ids] of Map.groupBy(claimed, (id) => id.workspaceId)) {
      for (let from = 0; from < ids.length; from += IDS_AT_ONCE) {
        const some = ids.slice(from, from + IDS_AT_ONCE)
        const lost = (await this.#o.redis.run(CONFIRM, [workspaceId, this.#number, ...some.map(({ eventId }) => bytesOf(eventId))])) as number[]
        for (const place of lost) this.#lost.add(`${workspaceId} ${some[place]?.eventId}`)
      }
    }
  }
}

const bytesOf = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex')
