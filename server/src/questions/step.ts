import type { Step } from '@cairn/wire/questions/question'
import { refused } from './scope.ts'

/** What a step is called. */
export const labelOf = ({ label, event, category }: Step): string => label ?? event ?? category ?? 'Any event'

/** Throws `invalid` where a step is not exactly one of event, category and any. */
export function checkSteps(path: string, steps: readonly Step[]): void {
  for (const [i, { event, category, any }] of steps.entries()) {
    const given = [event, category, any].filter((value) => value !== undefined)
    if (given.length !== 1) throw refused(`${path} ${i + 1} needs exactly one of event, category and any.`)
  }
}
