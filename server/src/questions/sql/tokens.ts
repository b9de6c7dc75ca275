import { CairnError } from '../../base/errors.ts'

/** A piece of SQL text as it was written; `value` is what it stands for. */
export interface Token {
  kind: 'word' | 'quoted' | 'number' | 'text' | 'sign' | 'end'
  value: string
  /** Of its first character, in UTF-16 units from 0. */
  at: number
}

const patterns = {
  space: /(?:\s+|--[^\n]*|\/\*[^]*?\*\/)+/y,
  word: /[A-Za-z_][A-Za-z0-9_]*/y,
  number: /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z0-9_.])/y,
  digits: /\d+(?![A-Za-z0-9_])/y,
  text: /'(?:[^'\\]|\\[^]|'')*'/y,
  quoted: /"(?:[^"\\`]|"")*"|`[^`"\\]*`/y,
  sign: /::|->|\|\||<=|>=|<>|!=|==|[-+*/%=<>(),.;[\]]/y,
} as const

/** Of the engine's escapes those that mean the same everywhere. */
const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"', '`': '`', '/': '/', '%': '\\%', _: '\\_' }

/** Reads all of it. Throws `invalid` with the place of what is no part of a query. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = text.indexOf('\0')
  if (at >= 0) throw wrong(text, at, 'The NUL character is no part of a query.')
  at = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) at += found.length
    return found
  }
  for (;;) {
    take(patterns.space)
    const from = at
    if (at === text.length) return [...tokens, { kind: 'end', value: '', at }]
    const add = (kind: Token['kind'], value: string): number => tokens.push({ kind, value, at: from })
    const afterDot = tokens.at(-1)?.value === '.' && tokens.at(-1)?.kind === 'sign'
    const number = take(afterDot ? patterns.digits : isAccess(text, at, tokens.at(-1)) ? never : patterns.number)
    if (number !== undefined) {
      add('number', number)
      continue
    }
    const word = take(patterns.word)
    if (word !== undefined) {
      add('word', word)
      continue
    }
    const literal = take(patterns.text)
    if (literal !== undefined) {
      add('text', unescaped(text, from, literal.slice(1, -1)))
      continue
    }
    const quoted = take(patterns.quoted)
    if (quoted !== undefined) {
      add('quoted', checkedName(text, from, quoted.slice(1, -1).replaceAll('""', '"')))
      continue
    }
    const sign = take(patterns.sign)
    if (sign === undefined) throw wrong(text, at, `${JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))} is no part of a query here.`)
    add('sign', sign)
  }
}

const never = /(?!)/y
/** A dot directly after a name or a parenthesis leads into it: `t.1` is no number. */
const isAccess = (text: string, at: number, before: Token | undefined): boolean =>
  text[at] === '.' && before !== undefined && (before.kind === 'word' || before.kind === 'quoted' || before.value === ')' || before.value === ']')

function unescaped(text: string, at: number, inner: string): string {
  return inner.replaceAll(/''|\\([^])/g, (_, escaped: string | undefined) => {
    if (escaped === undefined) return "'"
    const meant = escapes[escaped]
    if (meant === undefined) throw wrong(text, at, `\\${escaped} is no known escape in a text; a backslash is written \\\\.`)
    return meant
  })
}

function checkedName(text: string, at: number, name: string): string {
  if (!/^[\p{L}\p{N}_ .:%$#@()/+*-]{1,200}$/u.test(name))
    throw wrong(text, at, 'A quoted name has 1 to 200 letters, digits, spaces and _ . : % $ # @ ( ) / + * -.')
  return name
}

/** 422: what is wrong with the query, and where. */
export function wrong(text: string, at: number, message: string): CairnError {
  const before = text.slice(0, at).split('\n')
  const place = `Line ${before.length}, column ${(before.at(-1) ?? '').length + 1}: `
  return new CairnError('invalid', place + message, { errors: [{ path: '/query', message: place + message }] })
}
