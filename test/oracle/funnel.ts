import type { AnswerTo, QuestionOf, Step } from '@cairn/wire/questions/question'
import { byCodePoint, column, order, type Event, type World } from './event.ts'
import { askedOf, fieldOf, fits, labelOf, looked, within, type Asked } from './filter.ts'
import { percentile, share } from './numbers.ts'
import { personOf } from './people.ts'
import { spanOf } from './range.ts'
import { shown } from './value.ts'

type Funnel = QuestionOf<'funnel'>
type Steps = AnswerTo<'funnel'>['steps']
/** The places of the events that served its steps, among those of its subject. */
interface Attempt {
  subject: string
  places: number[]
  events: Event[]
}
const MOST_VALUES = 25

/** Each subject's best attempt, all attempts having been tried. */
export function funnel(world: World, question: Funnel): AnswerTo<'funnel'> {
  const asked = askedOf(world, question)
  const span = spanOf(world, question)
  const subjects = Map.groupBy(
    looked(asked).filter(({ at }) => at >= span.from),
    (event) => subjectOf(world, question, event),
  )
  subjects.delete('')
  const best = [...subjects].flatMap(([subject, events]) => {
    const sorted = inOrder(asked, question.steps, events)
    const inRange = new Set(within(sorted, span))
    const attempts = sorted.flatMap((event, place) => (inRange.has(event) ? attempt(asked, question, subject, sorted, place) : []))
    const [first] = attempts.toSorted((a, b) => b.places.length - a.places.length || lastOf(a) - lastOf(b) || (b.places[0] ?? 0) - (a.places[0] ?? 0))
    return first ?? []
  })
  const { breakdown } = question
  if (breakdown === undefined) return { kind: 'funnel', steps: stepsOf(question, best), breakdowns: [] }
  const byValue = Map.groupBy(best, ({ events: [first] }) => shown(first && fieldOf(asked, first, breakdown)))
  const top = [...byValue].toSorted(([a, inA], [b, inB]) => inB.length - inA.length || byCodePoint(a, b))
  const shownOnes = new Map(top.slice(0, MOST_VALUES))
  const rest = top.slice(MOST_VALUES).flatMap(([, attempts]) => attempts)
  if (rest.length > 0) shownOnes.set('(other)', [...(shownOnes.get('(other)') ?? []), ...rest])
  return {
    kind: 'funnel',
    steps: stepsOf(question, best),
    breakdowns: [...shownOnes].map(([value, attempts]) => ({ value, steps: stepsOf(question, attempts) })),
  }
}

const lastOf = ({ places }: Attempt): number => places.at(-1) ?? 0

function subjectOf(world: World, { by = 'person' }: Funnel, event: Event): string {
  if (by === 'person') return personOf(world, event)
  if (by === 'session') return column(event, 'session_id')
  return column(event, 'entity_id') === '' ? '' : JSON.stringify([column(event, 'entity_type'), column(event, 'entity_id')])
}

/** Of those that nothing tells apart, the one that fits the earlier step is first. */
function inOrder(asked: Asked, steps: readonly Step[], events: readonly Event[]): Event[] {
  const step = (event: Event): number => {
    const first = steps.findIndex((one) => fits(asked, event, one))
    return first < 0 ? steps.length : first
  }
  return events.toSorted((a, b) => order(a, b) || step(a) - step(b) || a.n - b.n)
}

/** The attempt that begins with the event at `start`, if one does. */
function attempt(asked: Asked, question: Funnel, subject: string, events: readonly Event[], start: number): Attempt | [] {
  const { steps, exclude = [], window = '7d', order: kind = 'ordered' } = question
  const first = events[start]
  if (!first) return []
  const open = [...steps]
  const places: number[] = []
  for (const [place, event] of events.entries()) {
    if (place < start) continue
    if (open.length === 0 || event.at > first.at + lengthOf(window)) break
    if (place > start && exclude.some((step) => fits(asked, event, step))) break
    const served = kind === 'unordered' ? open.findIndex((step) => fits(asked, event, step)) : open[0] && fits(asked, event, open[0]) ? 0 : -1
    if (served >= 0) {
      open.splice(served, 1)
      places.push(place)
    } else if (place === start || kind === 'strict') break
  }
  return places.length === 0 ? [] : { subject, places, events: places.map((place) => events[place] ?? first) }
}

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const lengthOf = (window: string): number => Number(window.slice(0, -1)) * units[window.slice(-1) as keyof typeof units]

function stepsOf({ steps }: Funnel, attempts: readonly Attempt[]): Steps {
  const reached = (step: number): Attempt[] => attempts.filter(({ places }) => places.length > step)
  return steps.map((step, i) => {
    const seconds = i === 0 ? [] : reached(i).map(({ events }) => ((events[i]?.at ?? 0) - (events[i - 1]?.at ?? 0)) / 1_000)
    return {
      label: labelOf(step),
      count: reached(i).length,
      conversion_from_start: share(reached(i).length, reached(0).length),
      conversion_from_previous: share(reached(i).length, reached(Math.max(0, i - 1)).length),
      median_seconds: percentile(seconds, 0.5),
      p90_seconds: percentile(seconds, 0.9),
    }
  })
}
