import fc from 'fast-check'
import type { TestCairn } from '../cairn.ts'
import { answerTo, type Answer, type Answerable } from './answer.ts'
import { comparable, difference } from './compare.ts'
import type { World } from './event.ts'
import { countedFigures } from './figures.ts'
import { load, type Loaded } from './load.ts'
import { questionsAbout } from './questions.ts'
import { leastQuestion, leastWorld } from './shrink.ts'
import { days, worldAbout } from './worlds.ts'

const AT_ONCE = 4
/** What is made smaller may be no question any more. */
const REFUSED = 'status 422'
/** Of people or events behind a figure. */
const PAGE = 200
/** Opening a figure costs as much as the answer that it is in. */
const OPENED_EVERY = 4

/**
 * Random questions about random events: each answer is held against brute force, and who or what is behind one of its figures against the figure.
 * Throws with the least example that was found, and the seed. Returns how many questions were asked.
 */
export async function hold(
  cairn: TestCairn,
  of: { dataSets: number; questions: number; kinds: readonly Answerable['kind'][]; seed?: number },
): Promise<number> {
  /** A data set, and questions about the days on which something happened in it. */
  const example = fc.uniqueArray(fc.constantFrom(...days), { minLength: 1, maxLength: 2 }).chain((about) => {
    const byKind = questionsAbout(about)
    const question = fc.oneof(...of.kinds.map((kind) => byKind[kind]))
    return fc.tuple(worldAbout(about), fc.array(question, { minLength: of.questions, maxLength: of.questions, size: 'max' }))
  })
  let asked = 0
  await fc.assert(
    fc.asyncProperty(example, async ([world, questions]) => {
      const loaded = await load(cairn, world)
      const waiting = [...questions.entries()]
      let failed: [pick: number, question: Answerable] | undefined
      const lane = async (): Promise<void> => {
        for (let next = waiting.shift(); next && !failed; next = waiting.shift()) {
          if (await differs(loaded, world, next[1], next[0])) failed ??= next
          asked++
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, lane))
      if (failed) throw await leastExample(cairn, loaded, world, failed[1], failed[0])
    }),
    {
      numRuns: of.dataSets,
      endOnFailure: true,
      ...(of.seed === undefined ? {} : { seed: of.seed }),
      // What made it fail is told by the error; the whole data set would hide it.
      asyncReporter: async ({ failed, seed, errorInstance }) => {
        if (failed) throw new Error(`seed ${seed}`, { cause: errorInstance })
      },
    },
  )
  return asked
}

interface Difference {
  at: string
  wanted: unknown
  got: unknown
}

/** `pick` says which of its figures is opened. */
async function differs({ ask, sampled }: Loaded, world: World, question: Answerable, pick: number): Promise<Difference | undefined> {
  const { status, body } = await ask('/api/query', question)
  if (status !== 200) return { at: `status ${status}`, wanted: 200, got: body }
  // Its own clock says when it was asked.
  const answer = answerTo({ ...world, sampled, now: Date.parse((body['meta'] as { fresh_to: string }).fresh_to) }, question)
  const [wanted, got] = [comparable(answer), comparable(body)]
  const at = difference(wanted, got)
  if (at !== undefined) return { at, wanted, got }
  if (pick % OPENED_EVERY !== 0) return undefined
  const figures = countedFigures(question, body as Answer)
  const opened = figures[(pick / OPENED_EVERY) % Math.max(1, figures.length)]
  if (!opened) return undefined
  const behind = await ask(`/api/query/${opened.of}`, { question, figure: opened.figure, limit: PAGE })
  const listed = (behind.body[opened.of] as unknown[] | undefined)?.length
  // Of a sample, as many as were looked at.
  const count = Math.round(opened.count * (question.sample ?? 1))
  if (behind.body['count'] === count && listed === Math.min(PAGE, count)) return undefined
  return { at: `${opened.of} behind a figure`, wanted: opened, got: { ...behind.body, [opened.of]: listed } }
}

/** The question and the events without whatever can be taken away, told by an error. */
async function leastExample(cairn: TestCairn, loaded: Loaded, world: World, question: Answerable, pick: number): Promise<Error> {
  const isRefused = (await differs(loaded, world, question, pick))?.at === REFUSED
  const fails = async (place: Loaded, told: World, asked: Answerable): Promise<boolean> => {
    const found = await differs(place, told, asked, pick)
    return found !== undefined && found.at !== REFUSED
  }
  const least = isRefused ? question : await leastQuestion(question, (asked) => fails(loaded, world, asked))
  const few = isRefused ? world : await leastWorld(world, async (told) => fails(await load(cairn, told), told, least))
  const found = await differs(isRefused ? loaded : await load(cairn, few), few, least, pick)
  const told = isRefused ? [] : [...few.events, ...few.facts, ...few.entities, ...few.cohorts]
  return new Error(
    [
      `question ${JSON.stringify(least)}`,
      `differs at ${found?.at}`,
      `wanted ${JSON.stringify(found?.wanted)}`,
      `got ${JSON.stringify(found?.got)}`,
      `zone ${few.timezone}`,
      ...told.map((one) => `${'at' in one ? new Date(one.at).toISOString() : ''} ${JSON.stringify(one)}`),
    ].join('\n'),
  )
}
