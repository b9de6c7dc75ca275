import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, RESP_TYPES } from '@redis/client'
import { CairnError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { away, type Redis } from './redis.ts'

/** Connecting, at the start: a Cairn without its Redis starts too, and says so. */
const START_MS = 3_000
/** Longer than any script takes, shorter than a sender waits. */
const ANSWER_MS = 3_000
const PING_MS = 1_000
const LONGEST_PAUSE_MS = 1_000
const PAUSE_MS = 500

/** Nothing else imports the client, and this file is loaded only where REDIS_URL is set. Answers after 3 s also where Redis is away. */
export async function openRedis({ url, log }: { url: string; log: Log }): Promise<Redis> {
  const client = createClient({
    url,
    name: 'cairn',
    disableOfflineQueue: true,
    pingInterval: PING_MS,
    maintNotifications: 'disabled',
    socket: {
      connectTimeout: START_MS,
      reconnectStrategy: (retries) => Math.min(LONGEST_PAUSE_MS, 50 * 2 ** Math.min(retries, 5)),
    },
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  })
  const works: Array<() => void> = []
  let isAway = false
  let isHung = false
  const isLost = (error: unknown): void => {
    if (!isAway) log.error({ err: error }, 'Redis of REDIS_URL does not answer; events are refused with 503 until it does')
    isAway = true
  }
  client.on('error', isLost)
  const answers = (): void => {
    if (isAway) log.info('Redis of REDIS_URL answers again')
    isAway = false
    isHung = false
    for (const work of works) work()
  }
  client.on('ready', answers)
  /** One that hangs counts as away until it answers: else each request would wait for it. */
  const hangs = async (late: Late): Promise<void> => {
    if (isHung) return
    isHung = true
    isLost(late)
    while (isHung && client.isOpen) {
      await sleep(PAUSE_MS)
      const isBack =
        client.isReady &&
        (await inTime(client.ping(), ANSWER_MS).then(
          () => true,
          () => false,
        ))
      if (isBack && isHung) answers()
    }
  }
  const connected = client.connect().then(
    () => undefined,
    (error: unknown) => isLost(error),
  )
  await inTime(connected, START_MS).catch(isLost)
  const whenThere = (work: () => void): void => {
    works.push(work)
    if (isThere()) work()
  }
  const isThere = (): boolean => client.isReady && !isHung
  const send = async (args: ReadonlyArray<string | Buffer>): Promise<unknown> => {
    if (!isThere()) throw away()
    try {
      return await inTime(client.sendCommand(args), ANSWER_MS)
    } catch (error) {
      if (error instanceof Late) void hangs(error)
      throw error
    }
  }
  const answered = async (args: ReadonlyArray<string | Buffer>): Promise<unknown> => {
    try {
      return await send(args)
    } catch (error) {
      throw error instanceof CairnError ? error : away(error)
    }
  }
  return {
    get isThere() {
      return isThere()
    },
    run: async ({ lua, sha }, args) => {
      const given = args.map((arg) => (typeof arg === 'number' ? String(arg) : arg))
      try {
        return await send(['EVALSHA', sha, '0', ...given])
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('NOSCRIPT')) return answered(['EVAL', lua, '0', ...given])
        throw error instanceof CairnError ? error : away(error)
      }
    },
    send: answered,
    listen: (channel, heard) => {
      let isAsked = false
      whenThere(() => {
        // The client subscribes again by itself.
        if (isAsked) return
        isAsked = true
        client.subscribe(channel, heard).catch((error: unknown) => {
          isAsked = false
          log.warn({ err: error, channel }, 'Redis could not be listened to')
        })
      })
    },
    whenThere,
    close: () => {
      if (client.isOpen) client.destroy()
    },
  }
}

class Late extends Error {
  override readonly name = 'Late'
}

/** Rejects where it takes longer; what it then still answers is passed over. */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Late(`no answer within ${ms} ms`)), ms)
  })
  work.catch(() => undefined)
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
