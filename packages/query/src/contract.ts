import type { AnswerTo as Figures, Meta, QuestionKind } from '@cairn/wire/questions/question'

/** What is asked and answered, from the schemas that the server checks with. In the archive this file's declarations are written out of them. */
export type { Condition, Figure, Filter, Meta, Question, QuestionKind, QuestionOf, Series, Step } from '@cairn/wire/questions/question'
export type { EventOutput as StoredEvent } from '@cairn/wire/event'
export type { SeenPerson } from '@cairn/wire/api/people'

export type AnswerTo<K extends QuestionKind> = Figures<K> & { meta: Meta; sql?: string }
