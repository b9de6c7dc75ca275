import type { Piece } from '../../store/sql.ts'
import { raw, sql } from '../../store/sql.ts'
import { functionNamed, operatorFunctions } from './functions.ts'
import { MARK } from './cursor.ts'
import type { Read } from './grammar.ts'

/**
 * A second look, by the engine's own parser: what it takes the query for must be what the grammar let through. Only shapes, functions and names
 * that are known to be harmless pass; a kind of node that is new is refused too. Nothing of the query is run for it.
 */
const nodes = new Set([
  ...['QUERY', 'UNION', 'LIST', 'IDENTIFIER', 'FUNCTION', 'CONSTANT', 'LAMBDA', 'MATCHER', 'EXCEPT COLUMN TRANSFORMER', 'JOIN', 'CROSS_JOIN', 'ARRAY_JOIN'],
  ...['SORT', 'WINDOW'],
])
const node = /^\s*([A-Z_ ]+?) id: \d+(.*)$/

/** Tables stand there by their marked names. */
export const lookAt = ({ parts }: Pick<Read, 'parts'>): Piece =>
  sql`EXPLAIN QUERY TREE run_passes = 0 ${raw(parts.map((part) => (typeof part === 'string' ? part : `\`${part.table}${MARK}\``)).join(''))}`

/** Whether all of the engine's tree, line by line, is of what a query may hold. */
export const isHarmless = (tree: readonly string[]): boolean =>
  tree.some((line) => node.test(line)) &&
  tree.every((line) => {
    const [, kind, said = ''] = node.exec(line) ?? []
    if (kind === undefined) return !/settings/i.test(line)
    if (!nodes.has(kind)) return false
    if (kind === 'FUNCTION') return isKnown(/function_name: (\w+)/.exec(said)?.[1] ?? '')
    if (kind === 'IDENTIFIER') return isOwn(/(?:^|, )identifier: (.*)$/.exec(said)?.[1] ?? '')
    return kind !== 'MATCHER' || /matcher_type: ASTERISK/.test(said)
  })

const isKnown = (name: string): boolean => operatorFunctions.has(name) || functionNamed(name) === name
/** What stands in FROM where there is none is the engine's own row. */
const isOwn = (name: string): boolean => name === 'system.one' || name.split('.')[0]?.endsWith(MARK) === true
