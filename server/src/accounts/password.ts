import { argon2, randomBytes, timingSafeEqual, type Argon2Parameters } from 'node:crypto'
import { promisify } from 'node:util'
import { CairnError } from '../base/errors.ts'

/**
 * Passwords as argon2id in PHC form, `$argon2id$v=19$m=…,t=…,p=…$salt$hash`, so that one made with other costs can still be checked.
 * The costs are OWASP's first choice for servers that do other work too: 19 MiB, two passes, one lane; about 30 ms.
 */
const COST = { memory: 19_456, passes: 2, parallelism: 1 }
const TAG_BYTES = 32
const SALT_BYTES = 16

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const tag = await derive(password, salt, COST)
  return `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${base64(salt)}$${base64(tag)}`
}

export async function verifyPassword({ hash, password }: { hash: string; password: string }): Promise<boolean> {
  const [, memory, passes, parallelism, salt = '', tag = ''] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(hash) ?? []
  const expected = Buffer.from(tag, 'base64')
  if (expected.length !== TAG_BYTES) return false
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  return timingSafeEqual(expected, await derive(password, Buffer.from(salt, 'base64'), cost))
}

/** Somebody's first password where no mail can be sent: 120 random bits, shown once. */
export const makePassword = (): string => randomBytes(15).toString('base64url')

const argon2id = promisify((parameters: Argon2Parameters, done: (error: Error | null, tag: Buffer) => void) => argon2('argon2id', parameters, done))
const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')

/** The journal syncs on the same four threads: one derivation at a time leaves three of them to it, whatever strangers try. */
let last: Promise<unknown> = Promise.resolve()
let waiting = 0
/** A second of work. */
const MOST_WAITING = 32

async function derive(password: string, nonce: Buffer, { memory, passes, parallelism }: typeof COST): Promise<Buffer> {
  if (waiting >= MOST_WAITING)
    throw new CairnError('unavailable', 'Too many people are signing in at this moment. Try again in a few seconds.', { retryAfterSeconds: 2 })
  waiting++
  // The same characters typed on another keyboard may come composed differently.
  const parameters = { message: password.normalize('NFKC'), nonce, memory, passes, parallelism, tagLength: TAG_BYTES }
  const turn = last.then(() => argon2id(parameters))
  last = turn.catch(() => undefined)
  try {
    return await turn
  } finally {
    waiting--
  }
}
