import Type from 'typebox'
import { listOf, orNull, o, page, strict, type Endpoint } from '../endpoint.ts'
import { EventOutput } from '../event.ts'
import { answerSchema, Figure, questionSchema } from '../questions/question.ts'
import { Seen } from './people.ts'

const behind = Type.Object({ question: questionSchema, figure: o(Figure), ...page }, strict)

export const queryEndpoints = {
  query: {
    method: 'POST',
    path: '/api/query',
    access: 'read',
    answersAtOnce: true,
    summary: 'Ask a question: trends, funnel, retention, paths, lifecycle, stickiness, distribution, correlation or sql.',
    body: questionSchema,
    answer: answerSchema,
  },
  queryPeople: {
    method: 'POST',
    path: '/api/query/people',
    access: 'read',
    answersAtOnce: true,
    summary: 'The people behind a figure of an answer.',
    body: behind,
    answer: Type.Object({ ...listOf('people', Type.Object(Seen)).properties, count: Type.Integer({ description: 'All of them, not of this page.' }) }),
  },
  queryEvents: {
    method: 'POST',
    path: '/api/query/events',
    access: 'read',
    answersAtOnce: true,
    summary: 'The events behind a figure of an answer, newest first.',
    body: behind,
    answer: Type.Object({
      events: Type.Array(EventOutput),
      next_cursor: orNull(Type.String()),
      count: Type.Integer({ description: 'All of them, not of this page.' }),
    }),
  },
} as const satisfies Record<string, Endpoint>
