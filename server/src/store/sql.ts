/**
 * SQL as values: a template `sql` whose holes take other pieces of SQL or typed parameters, never bare text.
 * A value reaches ClickHouse only as a parameter with its type (`{p0:String}`), so no input can become SQL, whatever is in it.
 * `raw` is the one door for trusted text: identifiers and fragments that come from Cairn's own tables, never from a request.
 */
export type ParameterValue = string | number | boolean | null | readonly (string | bigint)[]

export interface Sql {
  readonly text: string
  readonly params: Readonly<Record<string, ParameterValue>>
}

/** A piece of SQL before its parameters have numbers: text and parameters in turn. */
export class Piece implements Sql {
  readonly #parts: readonly (string | Parameter)[]
  #built: Sql | undefined

  constructor(parts: readonly (string | Parameter)[]) {
    this.#parts = parts
  }

  get parts(): readonly (string | Parameter)[] {
    return this.#parts
  }
  get text(): string {
    return this.#build().text
  }
  get params(): Readonly<Record<string, ParameterValue>> {
    return this.#build().params
  }

  #build(): Sql {
    if (this.#built) return this.#built
    const params: Record<string, ParameterValue> = {}
    let count = 0
    const text = this.#parts
      .map((part) => {
        if (typeof part === 'string') return part
        const name = `p${count++}`
        params[name] = part.value
        return part.wrap(`{${name}:${part.type}}`)
      })
      .join('')
    this.#built = { text, params }
    return this.#built
  }
}

interface Parameter {
  readonly type: string
  readonly value: ParameterValue
  wrap(placeholder: string): string
}

export const sql = (strings: TemplateStringsArray, ...holes: readonly Piece[]): Piece =>
  new Piece(strings.flatMap((text, i) => [text, ...(i < holes.length ? (holes[i]?.parts ?? []) : [])]))

/** Trusted text as it stands. */
export const raw = (text: string): Piece => new Piece([text])

export const join = (pieces: readonly Piece[], separator = ', '): Piece =>
  new Piece(pieces.flatMap((piece, i) => (i === 0 ? piece.parts : [separator, ...piece.parts])))

export const empty: Piece = raw('')

const parameter = (type: string, value: ParameterValue, wrap: (placeholder: string) => string = (p) => p): Piece => new Piece([{ type, value, wrap }])

const whole = (value: bigint | number | string, min: bigint, max: bigint, type: string): string => {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError(`${type} must be a whole number below 2^53, or a string or bigint`)
  const n = BigInt(value)
  if (n < min || n > max) throw new RangeError(`${type} must be from ${min} to ${max}`)
  return n.toString()
}

// A NUL is cut off by the engine's C interface, so it is refused here instead of finding other rows than were asked for.
const clean = (value: string): string => {
  if (value.includes('\0')) throw new RangeError('text must not contain the NUL character')
  return value.isWellFormed() ? value : value.toWellFormed()
}

export const str = (value: string): Piece => parameter('String', clean(value))
export const u32 = (value: number): Piece => parameter('UInt32', whole(value, 0n, 0xffff_ffffn, 'UInt32'))
export const u64 = (value: bigint | number | string): Piece => parameter('UInt64', whole(value, 0n, 0xffff_ffff_ffff_ffffn, 'UInt64'))
export const i64 = (value: bigint | number | string): Piece => parameter('Int64', whole(value, -(2n ** 63n), 2n ** 63n - 1n, 'Int64'))
export const f64 = (value: number): Piece => parameter('Float64', value)
export const bool = (value: boolean): Piece => parameter('Bool', value)
export const uuid = (value: string): Piece => parameter('UUID', clean(value))

/**
 * A moment (ms since the epoch) as DateTime64(3, 'UTC'). Sent as a number and converted in SQL: written as text it would be parsed
 * by rules that depend on settings. The conversion is folded to a constant, so that partitions and the primary key are still used.
 */
export const time = (ms: number): Piece =>
  parameter('Int64', whole(Math.trunc(ms), -(2n ** 53n), 2n ** 53n, 'Int64'), (p) => `fromUnixTimestamp64Milli(${p}, 'UTC')`)

/**
 * Array(String), for `IN` and `has`. ClickHouse takes at most 128 KB per parameter, so a long list becomes several, put together again in
 * SQL; beyond some 10,000 values a table to join with is the better way.
 */
export const list = (values: readonly string[]): Piece => array('String', values.map(clean))
export const uuids = (values: readonly string[]): Piece => array('UUID', values.map(clean))
// Numbers inside an array are written without quotes, which the client does for bigints.
export const u64s = (values: readonly (bigint | number | string)[]): Piece =>
  array(
    'UInt64',
    values.map((v) => BigInt(whole(v, 0n, 0xffff_ffff_ffff_ffffn, 'UInt64'))),
  )

/** In UTF-16 units, each of which may become 3 bytes, or 2 by escaping: under 128 KB in any case. */
const MAX_ARRAY_LENGTH = 40_000

const array = (type: string, values: readonly (string | bigint)[]): Piece => {
  const chunks: (string | bigint)[][] = [[]]
  let length = 0
  for (const value of values) {
    length += String(value).length + 3
    if (length > MAX_ARRAY_LENGTH) {
      chunks.push([])
      length = 0
    }
    chunks.at(-1)?.push(value)
  }
  const parameters = chunks.map((chunk) => parameter(`Array(${type})`, chunk))
  return parameters.length === 1 ? join(parameters) : sql`arrayConcat(${join(parameters)})`
}
