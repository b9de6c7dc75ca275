import { NONE } from '@cairn/wire/questions/vocabulary'
import { texts } from '../../texts/texts.ts'

/** A reason that is offered in words, any other as it was given. */
export const reasonOf = (reason: string | null): string => (reason && reason !== NONE ? (texts.tasks.reasons[reason] ?? reason) : texts.shell.faces.none)
