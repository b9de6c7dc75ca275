import { ClickHouseError } from '@clickhouse/client'
import { StoreError } from '../../store/failure.ts'
import { MARK } from './cursor.ts'
import type { Read } from './grammar.ts'
import { wrong } from './tokens.ts'

/** By the engine's codes: what is wrong with a query that can be read but not answered. */
const messages: Readonly<Record<number, string>> = {
  6: 'A text cannot be read as the value that it is converted to.',
  10: 'A column that is used is not there.',
  20: 'The two sides of IN have different numbers of columns.',
  27: 'A text cannot be read as the value that it is converted to.',
  36: 'A function was given an argument that it does not take.',
  38: 'A text cannot be read as a date.',
  41: 'A text cannot be read as a moment.',
  42: 'A function was given too many or too few arguments.',
  43: 'A function was given an argument of a type that it does not take.',
  44: 'A function needs a constant where a column was given, or the other way round.',
  46: 'A function is not known, or stands where it cannot.',
  47: 'A column is not known.',
  48: 'The query asks for something that is not available.',
  50: 'A type is not known.',
  52: 'A column is not known.',
  53: 'Two values that are put together are of different types.',
  62: 'The query cannot be read: an operator or a part is missing.',
  63: 'An aggregate function is not known.',
  69: 'An argument is too large or too small.',
  70: 'A value cannot be converted to the type that is asked for.',
  72: 'A text cannot be read as a number.',
  80: 'The query is not right: parts of it do not go together.',
  93: 'A window, join or lambda is used where it cannot be.',
  125: 'A query that stands for one value answers more than one row or column.',
  131: 'A text or a list would be too long.',
  133: 'A function was given a parameter that it does not take.',
  153: 'A number is divided by zero.',
  167: 'The query is nested too deep.',
  168: 'The query is too long once its parts are put together.',
  179: 'A name is given to two different values.',
  184: 'An aggregate function stands where it cannot, such as in WHERE or in another aggregate.',
  190: 'Lists that are taken together have different lengths.',
  207: 'A name means more than one column; put the table before it.',
  215: 'A column is neither in GROUP BY nor in an aggregate function.',
  258: 'The parts of a UNION have different columns.',
  306: 'The query is nested too deep.',
  349: 'A value that is missing cannot be converted.',
  352: 'A name means more than one column; put the table before it.',
  386: 'Two values that are put together are of different types.',
  403: 'A join needs a condition that compares both sides.',
  407: 'A number is too large for its type.',
  427: 'A regular expression is not valid; they are those of RE2.',
  457: 'A value is not of the type it should have.',
  691: 'A value is not of the type it should have.',
}
const ANY = 'The query cannot be answered as it stands.'

/** Codes that tell of a name: unknown or ambiguous, not grouped. */
const named = new Set([10, 47, 52, 179, 207, 215, 352])

/** What the engine refused, in words of the query as it was written; anything but a fault of the query passes unchanged. */
export function faultOf(error: unknown, text: string, { names }: Pick<Read, 'names'>): unknown {
  if (!(error instanceof StoreError) || error.clickhouseCode === undefined) return error
  const message = messages[error.clickhouseCode] ?? ANY
  const name = named.has(error.clickhouseCode) && error.cause instanceof ClickHouseError ? nameIn(error.cause.message, names) : undefined
  if (name === undefined) return wrong(text, 0, message)
  return wrong(text, names.get(name) ?? 0, `${name}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`)
}

/** The first name that the engine speaks of, where it is one of the query's own. */
function nameIn(message: string, names: ReadonlyMap<string, number>): string | undefined {
  const said = message.split(/[Ii]n (?:scope|query)\b/)[0] ?? ''
  const all = [...said.matchAll(new RegExp(`([^\`'. ]+)${MARK}`, 'g'))].map(([, name = '']) => name)
  return all.findLast((name) => names.has(name))
}
