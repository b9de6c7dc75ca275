import type { AnswerTo, Figure, Question, QuestionKind, QuestionOf, SeenPerson, StoredEvent } from './contract.ts'
import { problemOf, QueryError } from './problem.ts'

export type { AnswerTo, Condition, Figure, Filter, Meta, Question, QuestionKind, QuestionOf, SeenPerson, Series, Step, StoredEvent } from './contract.ts'
export { QueryError, type FieldError } from './problem.ts'

export interface QueryOptions {
  /** Where Cairn runs, such as `http://localhost:4300`; a path in it is kept. */
  host: string
  /** A secret key of the workspace. It reads everything there: keep it out of pages that others load. */
  secretKey: string
  /** In place of the global one. */
  fetch?: typeof globalThis.fetch
}

export interface CallOptions {
  /** Ends the call, and the work for it where nobody else waits for the same answer; the promise rejects with its reason. */
  signal?: AbortSignal
}

export interface PageOptions extends CallOptions {
  /** 1 to 1,000; 50 where absent. */
  limit?: number
  /** `next_cursor` of the page before. */
  cursor?: string
}

export interface Query {
  /** The answer to a question, by its kind. Rejects with a QueryError. */
  ask<K extends QuestionKind>(question: { kind: K } & QuestionOf<K>, options?: CallOptions): Promise<AnswerTo<K>>
  /** The people behind a figure of its answer; without `figure` behind the whole. `count` is all of them. Rejects with a QueryError. */
  people(question: Question, figure?: Figure, options?: PageOptions): Promise<{ people: SeenPerson[]; count: number; next_cursor: string | null }>
  /** The events behind a figure of its answer, newest first. Rejects with a QueryError. */
  events(question: Question, figure?: Figure, options?: PageOptions): Promise<{ events: StoredEvent[]; count: number; next_cursor: string | null }>
}

/** Throws TypeError where `host` is no address. Nothing is sent before the first question. */
export function createQuery({ host, secretKey, fetch = globalThis.fetch }: QueryOptions): Query {
  const base = new URL(host).href.replace(/\/+$/, '')

  async function post<T>(path: string, body: object, signal: AbortSignal | undefined): Promise<T> {
    const headers = { Authorization: `Bearer ${secretKey}`, 'Content-Type': 'application/json' }
    let response: Response
    let text: string
    try {
      response = await fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body), ...(signal ? { signal } : {}) })
      text = await response.text()
    } catch (error) {
      signal?.throwIfAborted()
      throw new QueryError({ status: 0, code: 'unreachable', message: `Cairn cannot be reached at ${new URL(base).origin}.` }, { cause: error })
    }
    if (!response.ok) throw problemOf(response, text)
    return JSON.parse(text) as T
  }
  const behind =
    (path: string) =>
    <T>(question: Question, figure: Figure | undefined, { signal, limit, cursor }: PageOptions = {}): Promise<T> =>
      post(path, { question, ...(figure ? { figure } : {}), ...(limit === undefined ? {} : { limit }), ...(cursor === undefined ? {} : { cursor }) }, signal)

  return {
    ask: (question, { signal } = {}) => post('/api/query', question, signal),
    people: behind('/api/query/people'),
    events: behind('/api/query/events'),
  }
}
