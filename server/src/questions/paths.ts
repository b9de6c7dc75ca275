import type { AnswerTo, Figure, QuestionOf } from '@cairn/wire/questions/question'
import { OTHER } from '@cairn/wire/questions/vocabulary'
import { raw, sql, type Piece } from '../store/sql.ts'
import type { Asked, Behind, Kind } from './asked.ts'
import { refused } from './scope.ts'
import { walksOf, type Walks } from './walks.ts'

type Paths = QuestionOf<'paths'>

/** Sessions that are at one name at a depth and go on to the next, 0 at the end of a walk. */
interface Pair {
  depth: number
  here: number
  next: number
  sessions: number
}

/** So many names make at most a million pairs. Where there are more, only the nodes that are shown have pairs of their own. */
const FEW = 300

async function ask(asked: Asked<Paths>): Promise<AnswerTo<'paths'>> {
  const { question, sample } = asked
  const walks = await walksOf(asked)
  const isFew = walks.names.length <= FEW
  const counted = await pairsOf(asked, walks, isFew ? 'every' : 'none')
  const shown = shownOf(question, walks, counted)
  const pairs = isFew ? counted : await pairsOf(asked, walks, shown)
  const idOf = (depth: number, name: number): string => `${depth}:${shown[depth]?.includes(name) ? walks.names[name - 1] : OTHER}`
  const nodes = new Map<string, number>()
  const links = new Map<string, { source: string; target: string; count: number }>()
  for (const { depth, here, next, sessions } of pairs) {
    const id = idOf(depth, here)
    nodes.set(id, (nodes.get(id) ?? 0) + sessions)
    if (next === 0) continue
    const following = idOf(depth + 1, next)
    const [source, target] = question.end === undefined ? [id, following] : [following, id]
    const key = JSON.stringify([source, target])
    links.set(key, { source, target, count: (links.get(key)?.count ?? 0) + sessions })
  }
  return {
    kind: 'paths',
    nodes: [...nodes].map(([id, count]) => ({ id, ...placeOf(id), count: count / sample })).toSorted((a, b) => a.depth - b.depth || b.count - a.count),
    links: [...links.values()].map((link) => ({ ...link, count: link.count / sample })).toSorted((a, b) => b.count - a.count),
  }
}

/** Numbers of the names that are shown at each depth. Names are numbered by code point. */
function shownOf({ top = 10 }: Paths, { depth }: Walks, pairs: readonly Pair[]): number[][] {
  return Array.from({ length: depth + 1 }, (_, at) => {
    const counts = new Map<number, number>()
    for (const pair of pairs) if (pair.depth === at) counts.set(pair.here, (counts.get(pair.here) ?? 0) + pair.sessions)
    return [...counts]
      .toSorted(([a, inA], [b, inB]) => inB - inA || a - b)
      .slice(0, top)
      .map(([name]) => name)
  })
}

/** What stands for all names at a depth that are not shown. */
const REST = 2 ** 30 - 1
/** A depth that no walk has: sessions whose walk is still to be read. */
const TIED = 15
/** So many of them are named; where there are more, they are looked for again. */
const MOST_TIED = 10_000

/** Pairs of every two names, or of those that are shown; `none`: of each name alone, as if no walk went on. */
async function pairsOf({ query }: Asked<Paths>, { parts, quick, full }: Walks, of: 'every' | 'none' | readonly number[][]): Promise<Pair[]> {
  const shown = (at: string, name: string): string =>
    typeof of === 'string' ? name : `if(${name} = 0 OR has([${of.map((names) => `[${names.join(', ')}]`).join(', ')}, []][${at}], ${name}), ${name}, ${REST})`
  const next = of === 'none' ? '0' : `toUInt64(${shown('at + 1', 'next')})`
  const pair = `bitShiftLeft(toUInt64(at - 1), 60) + bitShiftLeft(toUInt64(${shown('at', 'here')}), 30) + ${next}`
  const count = async (walks: Piece): Promise<(Pair & { tied: string[] })[]> => {
    const rows = await query<
      Omit<Pair, 'sessions'> & { sessions: string; tied: string[] }
    >(sql`SELECT toUInt8(bitShiftRight(pair, 60)) AS depth, toUInt32(bitAnd(bitShiftRight(pair, 30), ${raw(`${REST}`)})) AS here, toUInt32(bitAnd(pair, ${raw(`${REST}`)})) AS next, count() AS sessions, groupArrayIf(${raw(String(MOST_TIED))})(session_key, is_tied) AS tied
FROM (SELECT session_key, is_tied, arrayJoin(if(is_tied, [bitShiftLeft(toUInt64(${raw(`${TIED}`)}), 60)],
    arrayMap((here, next, at) -> ${raw(pair)}, walk, arrayShiftLeft(walk, 1), arrayEnumerate(walk)))) AS pair
  FROM (${walks}))
GROUP BY pair`)
    return rows.map((row) => ({ ...row, sessions: Number(row.sessions) }))
  }
  const found: Pair[] = []
  for (let part = 0; part < parts; part++) {
    const pairs = await count(quick(part))
    const tied = pairs.find(({ depth }) => depth === TIED)
    if (tied) pairs.push(...(await count(full(part, tied.sessions > MOST_TIED ? undefined : tied.tied))))
    for (const one of pairs) if (one.depth !== TIED) found.push(one)
  }
  return found
}

/** Of the id of a node. */
function placeOf(id: string): { label: string; depth: number } {
  const colon = id.indexOf(':')
  return { label: id.slice(colon + 1), depth: Number(id.slice(0, colon)) }
}

async function behind(asked: Asked<Paths>, { node, link }: Figure): Promise<Behind> {
  const { question, range, scope: newScope } = asked
  const walks = await walksOf(asked)
  const ids = node === undefined ? (link ? [link.source, link.target] : []) : [node]
  const shown = ids.length === 0 ? [] : shownOf(question, walks, await pairsOf(asked, walks, 'none'))
  const conditions = ids.map((id) => {
    const { label, depth } = placeOf(id)
    const names = shown[depth]
    if (!names) throw refused(`The answer has no node ${id}.`)
    const name = walks.names.indexOf(label) + 1
    const at = `walk[${depth + 1}]`
    const known = names.includes(name) ? [`${at} = ${name}`] : []
    const rest = label === OTHER ? [`(${at} > 0 AND NOT has([${names.join(', ')}], ${at}))`] : []
    return `(${[...known, ...rest, 'false'].join(' OR ')})`
  })
  const holds = raw(['notEmpty(walk)', ...conditions].join(' AND '))
  const scope = newScope()
  const sessions = sql`SELECT session_key FROM (${walks.quick()}) WHERE NOT is_tied AND ${holds} UNION ALL SELECT session_key FROM (${walks.full()}) WHERE ${holds}`
  const clause = scope.clause(range, [], { more: [sql`session_key IN (${sessions})`] })
  return { people: sql`SELECT DISTINCT ${scope.person} AS person FROM ${scope.from} ${clause}`, events: { from: scope.from, clause } }
}

export const paths: Kind<'paths'> = {
  definition:
    'Sessions by what they went through, step after step, the same several times in a row as one; of each depth the names with most sessions, the rest as (other). A link counts the sessions that went from one to the next.',
  interval: () => undefined,
  looksAt: ({ range }) => range,
  ask,
  behind,
}
