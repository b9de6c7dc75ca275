import type { AnswerTo, Question } from '@cairn/wire/questions/question'
import { correlation } from './correlation.ts'
import { distribution } from './distribution.ts'
import type { World } from './event.ts'
import { funnel } from './funnel.ts'
import { lifecycle } from './lifecycle.ts'
import { paths } from './paths.ts'
import { retention } from './retention.ts'
import { scaled } from './sample.ts'
import { stickiness } from './stickiness.ts'
import { trends } from './trends.ts'

/** A question whose answer follows from the events by docs/questions.md. */
export type Answerable = Exclude<Question, { kind: 'sql' }>
export const answerable: readonly Answerable['kind'][] = ['trends', 'funnel', 'retention', 'paths', 'lifecycle', 'stickiness', 'distribution', 'correlation']

/** Without `meta`. */
export type Answer = { [K in Answerable['kind']]: AnswerTo<K> }[Answerable['kind']]

export const answerTo = (world: World, question: Answerable): Answer => scaled(ofSample(world, question), question)

function ofSample(world: World, question: Answerable): Answer {
  switch (question.kind) {
    case 'trends':
      return trends(world, question)
    case 'funnel':
      return funnel(world, question)
    case 'retention':
      return retention(world, question)
    case 'paths':
      return paths(world, question)
    case 'lifecycle':
      return lifecycle(world, question)
    case 'stickiness':
      return stickiness(world, question)
    case 'distribution':
      return distribution(world, question)
    case 'correlation':
      return correlation(world, question)
    default:
      throw new Error('The oracle does not know that kind.')
  }
}
