import { createHash, randomFillSync } from 'node:crypto'

const pool = Buffer.alloc(4_096)
let used = pool.length
const hex = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))

/** UUID version 7 (RFC 9562): 48 bits of time, 74 random bits. Ten random bytes a piece come from a pool, since each call to the system costs 1 µs. */
export function uuidv7(now: number): string {
  if (used + 10 > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const b = (i: number): number => pool[used + i] ?? 0
  const time = Math.trunc(now).toString(16).padStart(12, '0')
  const id = `${time.slice(0, 8)}-${time.slice(8)}-7${hex[b(0)]?.[1]}${hex[b(1)]}-${hex[(b(2) & 0x3f) | 0x80]}${hex[b(3)]}-${hex[b(4)]}${hex[b(5)]}${hex[b(6)]}${hex[b(7)]}${hex[b(8)]}${hex[b(9)]}`
  used += 10
  return id
}

/** UUID version 8 (RFC 9562) out of the SHA-256 of what identifies something: the same parts always give the same id. */
export function uuidv8(...parts: ReadonlyArray<string | number>): string {
  const h = createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  const variant = ((Number.parseInt(h[16] ?? '0', 16) & 0x3) | 0x8).toString(16)
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-8${h.slice(13, 16)}-${variant}${h.slice(17, 20)}-${h.slice(20, 32)}`
}

export const isUuid = (text: string): boolean => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
