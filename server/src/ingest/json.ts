import type { Json } from './draft.ts'

/**
 * Text that every reader on the way takes: NUL, which the engine's C interface and Postgres cut or refuse, and half of a surrogate pair
 * become U+FFFD.
 */
export const plainText = (value: string): string => (value.isWellFormed() && !value.includes('\0') ? value : value.toWellFormed().replaceAll('\0', '\ufffd'))

/**
 * JSON text that every parser on the way takes: JavaScript's writer knows two things that the engine's reader does not.
 * - Half of a surrogate pair is no text: it becomes U+FFFD, as in every other field; so does a NUL in a property's name, which would be a
 *   path that no query can ask for. A NUL in a value stays: as JSON it is an escape that every reader takes.
 * - A whole number of 2^63 and above is written with an exponent (1e+20): as plain digits it would be an integer that fits no integer type,
 *   and the engine refuses the whole object. The value is the same to the last bit.
 */
const LONE_SURROGATE = /\\u[dD][89a-fA-F]/
const LARGEST = 2 ** 63

/** Whether a number needs `jsonWithLargeNumbers`. 1e400 is read as infinite, which JSON has no word for: it becomes null. */
export const isLarge = (value: number): boolean => (value >= LARGEST || value <= -LARGEST) && Number.isFinite(value)

/** Of text that JSON.stringify wrote, like the next. */
export const hasLoneSurrogate = (json: string): boolean => LONE_SURROGATE.test(json)
/** In a name or a value. */
export const hasNul = (json: string): boolean => json.includes('\\u0000')

export const jsonWithLargeNumbers = (value: Json): string =>
  JSON.stringify(value, (_, entry: unknown) => (typeof entry === 'number' && isLarge(entry) ? rawJson(entry.toExponential()) : entry))

export const wellFormed = (value: unknown): unknown =>
  typeof value === 'string'
    ? value.toWellFormed()
    : Array.isArray(value)
      ? value.map(wellFormed)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([k, v]) => [plainText(k), wellFormed(v)]))
        : value

/** ECMAScript 2025; the library types of the compiler do not have it yet. */
const { rawJSON: rawJson } = JSON as typeof JSON & { rawJSON: (text: string) => unknown }

/** Deeper than any event that is taken may nest; a writer that recurses gives up at some thousand levels. */
const KEPT_DEPTH = 64

/** JSON of a refused event, to be kept: as it came, but for what nests deeper than anything could be accepted. */
export function jsonForKeeping(input: unknown): string {
  return JSON.stringify(isDeeperThan(input, KEPT_DEPTH) ? shallow(input, KEPT_DEPTH) : input)
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (depth === 0) return true
  return Object.values(value).some((entry) => isDeeperThan(entry, depth - 1))
}

function shallow(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return '(nested deeper than Cairn keeps)'
  if (Array.isArray(value)) return value.map((entry) => shallow(entry, depth - 1))
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, shallow(entry, depth - 1)]))
}
