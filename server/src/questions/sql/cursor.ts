import { tokensOf, wrong, type Token } from './tokens.ts'

/** At the end of every name that a query brings. */
export const MARK = '·'
export const marked = (name: string): string => `\`${name}${MARK}\``
export const plain = (name: string): string => `\`${name}\``
export const literal = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** Deeper nesting is refused before the stack or the engine has to bear it. */
const MOST_DEEP = 60

// What ends an expression, so never is the name given to it without AS.
const reserved = new Set(
  `ALL AND ANTI ANY ARRAY AS ASC ASOF BETWEEN BY CASE CROSS DESC DISTINCT DIV ELSE END EXCEPT EXISTS FILTER FINAL FOLLOWING FORMAT FROM FULL GLOBAL GROUP HAVING ILIKE IN
  INNER INTERSECT INTO IS JOIN LEFT LIKE LIMIT MOD NATURAL NOT NULLS OFFSET ON OR ORDER OUTER OVER PARTITION PRECEDING PREWHERE QUALIFY REGEXP RIGHT SAMPLE SELECT SEMI SETTINGS
  THEN UNION USING WHEN WHERE WINDOW WITH XOR`.split(/\s+/),
)

/** A name that is decided at the end: whether its first part is a table's. */
interface Path {
  path: readonly string[]
}

export type Part = string | { table: string }

/** Reads tokens and writes what they become. Methods that take something read it, and throw `invalid` with its place where it is not there. */
export class Cursor {
  protected readonly text: string
  /** Names that the text uses, and where each stands first. */
  protected readonly names = new Map<string, number>()
  /** Names of tables and queries in FROM. */
  protected readonly aliases = new Set<string>()
  readonly #tokens: readonly Token[]
  readonly #out: (Part | Path)[] = []
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.text = text
    this.#tokens = tokensOf(text)
  }

  protected get parts(): Part[] {
    return this.#out.map((part) => {
      if (typeof part === 'string' || 'table' in part) return part
      const [first = '', ...rest] = part.path
      return [marked(first), ...rest.map((name, i) => (i === 0 && this.aliases.has(first) ? marked(name) : plain(name)))].join('.')
    })
  }

  protected get token(): Token {
    return this.#tokens[this.#at] ?? END
  }
  protected next(): Token {
    const token = this.token
    this.#at++
    return token
  }
  /** Apart from what stands before, so that two signs never make another. */
  protected put(text: string, isApart = true): void {
    this.#out.push(isApart ? ` ${text}` : text)
  }
  protected isSign(value: string): boolean {
    return this.token.kind === 'sign' && this.token.value === value
  }
  protected takeSign(value: string): boolean {
    const is = this.isSign(value)
    if (is) this.#at++
    return is
  }
  protected sign(value: string): void {
    if (!this.takeSign(value)) throw this.unexpected(value)
  }
  protected isWord(word: string): boolean {
    return isWord(this.token, word)
  }
  protected takeWord(word: string): boolean {
    const is = this.isWord(word)
    if (is) this.#at++
    return is
  }
  protected word(word: string): void {
    if (!this.takeWord(word)) throw this.unexpected(word)
  }
  protected oneOf(...words: string[]): string | undefined {
    const found = words.find((word) => this.isWord(word))
    if (found !== undefined) this.#at++
    return found
  }
  protected comma(): boolean {
    const is = this.takeSign(',')
    if (is) this.put(',')
    return is
  }
  /** A comma at the end makes a tuple of one. */
  protected list(item: () => void, mayTrail = false): void {
    do {
      if (mayTrail && this.isSign(')')) return
      item()
    } while (this.comma())
  }
  protected group(inner: () => void): void {
    this.sign('(')
    this.put('(')
    this.deeper(inner)
    this.sign(')')
    this.put(')')
  }
  protected name(wanted: string): string {
    const token = this.token
    if (!isName(token)) throw this.unexpected(wanted)
    return this.part()
  }
  /** The token as a name, whatever word it is. */
  protected part(): string {
    const { value, at } = this.next()
    if (!this.names.has(value)) this.names.set(value, at)
    return value
  }
  protected deeper(inner: () => void): void {
    if (++this.#depth > MOST_DEEP * 2) throw wrong(this.text, this.token.at, `The query is nested more than ${MOST_DEEP} deep.`)
    inner()
    this.#depth--
  }
  protected fail(wanted: string): never {
    throw this.unexpected(wanted)
  }
  protected unexpected(wanted: string, offset = 0): Error {
    const { kind, value, at } = this.#tokens[this.#at + offset] ?? END
    return wrong(this.text, at, `${kind === 'end' ? 'The query ends' : `${value} stands`} where ${wanted} is expected.`)
  }
  protected peek(ahead: number): Token | undefined {
    return this.#tokens[this.#at + ahead]
  }
  protected skip(tokens: number): void {
    this.#at += tokens
  }
  protected push(...parts: (Part | Path)[]): void {
    this.#out.push(...parts)
  }
  /** How much is written so far. */
  protected get written(): number {
    return this.#out.length
  }
  /** Puts what was written since `start` between two texts. */
  protected wrap(start: number, before: string, after: string): void {
    this.#out.splice(start, 0, ` ${before}`)
    this.put(after)
  }
}

const END: Token = { kind: 'end', value: '', at: 0 }
export const isWord = (token: Token | undefined, word: string): boolean => token?.kind === 'word' && token.value.toUpperCase() === word
export const isName = (token: Token | undefined): token is Token =>
  token?.kind === 'quoted' || (token?.kind === 'word' && !reserved.has(token.value.toUpperCase()))
export const isPart = (token: Token | undefined): boolean => token?.kind === 'word' || token?.kind === 'quoted'
