import type { AnswerTo, QuestionOf, Step } from '@cairn/wire/questions/question'
import { byCodePoint, column, order, type World } from './event.ts'
import { askedOf, fits, looked, within } from './filter.ts'
import { spanOf } from './range.ts'

const stepOf = (step: string | Step): Step => (typeof step === 'string' ? { event: step } : step)

export function paths(world: World, question: QuestionOf<'paths'>): AnswerTo<'paths'> {
  const { start, end, depth = 5, field = 'event_type', top = 10 } = question
  const asked = askedOf(world, question)
  const sessions = Map.groupBy(within(looked(asked), spanOf(world, question)), (event) => column(event, 'session_id'))
  sessions.delete('')
  const walks = [...sessions.values()].map((events) => {
    const sorted = events.toSorted((a, b) => order(a, b) || a.n - b.n)
    const first = start === undefined ? 0 : sorted.findIndex((event) => fits(asked, event, stepOf(start)))
    const last = end === undefined ? sorted.length - 1 : sorted.findLastIndex((event) => fits(asked, event, stepOf(end)))
    const values = (first < 0 ? [] : sorted.slice(first, last + 1)).map((event) => column(event, field)).filter((value) => value !== '')
    const walk = values.filter((value, i) => value !== values[i - 1])
    return (end === undefined ? walk : walk.toReversed()).slice(0, depth + 1)
  })
  /** Of each depth what each value is shown as. */
  const labels = Array.from({ length: depth + 1 }, (_, at) => {
    const counts = new Map<string, number>()
    for (const { [at]: value } of walks) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1)
    return new Set(
      [...counts]
        .toSorted(([a, inA], [b, inB]) => inB - inA || byCodePoint(a, b))
        .slice(0, top)
        .map(([value]) => value),
    )
  })
  const labelled = walks.map((walk) => walk.map((value, at) => (labels[at]?.has(value) ? value : '(other)')))
  const nodes = new Map<string, AnswerTo<'paths'>['nodes'][number]>()
  const links = new Map<string, AnswerTo<'paths'>['links'][number]>()
  for (const walk of labelled) {
    for (const [at, label] of walk.entries()) {
      const id = `${at}:${label}`
      const node = nodes.get(id) ?? { id, label, depth: at, count: 0 }
      nodes.set(id, { ...node, count: node.count + 1 })
      const next = walk[at + 1]
      if (next === undefined) continue
      const ends = [id, `${at + 1}:${next}`]
      const [source = '', target = ''] = end === undefined ? ends : ends.toReversed()
      const link = links.get(JSON.stringify(ends)) ?? { source, target, count: 0 }
      links.set(JSON.stringify(ends), { ...link, count: link.count + 1 })
    }
  }
  return { kind: 'paths', nodes: [...nodes.values()], links: [...links.values()] }
}
