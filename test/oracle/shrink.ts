import type { Answerable } from './answer.ts'
import type { World } from './event.ts'

/** The least of an example that still fails: what is taken away stays away while `fails`. */

const MOST_TRIES = 150

export async function leastQuestion(question: Answerable, fails: (question: Answerable) => Promise<boolean>): Promise<Answerable> {
  let tries = 0
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false
    for (const candidate of smaller(question) as Iterable<Answerable>) {
      if (tries++ > MOST_TRIES) return question
      if (!(await fails(candidate))) continue
      question = candidate
      isSmaller = true
      break
    }
  }
  return question
}

export async function leastWorld(world: World, fails: (world: World) => Promise<boolean>): Promise<World> {
  let tries = 0
  for (const part of ['entities', 'facts', 'events'] as const) {
    for (let size = world[part].length; size >= 1; size = Math.floor(size / 2)) {
      for (let at = 0; at < world[part].length;) {
        const candidate = { ...world, [part]: world[part].toSpliced(at, size) }
        if (tries++ > MOST_TRIES) return world
        if (await fails(candidate)) world = candidate
        else at += size
      }
    }
  }
  return world
}

/** The same with one property, or one entry of a list, less; the engine refuses those that are no question any more. */
function* smaller(value: unknown): Generator {
  if (Array.isArray(value)) {
    for (const i of value.keys()) yield value.toSpliced(i, 1)
    for (const [i, item] of value.entries()) for (const less of smaller(item)) yield value.with(i, less)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      yield Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
      if ((key === 'any' || key === 'all') && Array.isArray(item)) yield* item
      for (const less of smaller(item)) yield { ...value, [key]: less }
    }
  }
}
