import type { AnswerOf, BodyOf, EndpointName, QueryOf } from '@cairn/wire/api'
import { paths } from 'virtual:endpoints'

/** What was not answered with 2xx. `status` 0: the server was not reached. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly errors: ReadonlyArray<{ path: string; message: string }>
  readonly retryAfterSeconds: number | undefined

  constructor(
    status: number,
    problem: { message?: string; code?: string; errors?: ReadonlyArray<{ path: string; message: string }> },
    retryAfter?: string | null,
  ) {
    super(problem.message ?? '')
    this.status = status
    this.code = problem.code ?? 'internal'
    this.errors = problem.errors ?? []
    this.retryAfterSeconds = retryAfter ? Number(retryAfter) : undefined
  }
}

export interface Input<N extends EndpointName> {
  /** Slug; for everything that belongs to one workspace. */
  workspace?: string
  params?: Record<string, string>
  query?: QueryOf<N> & Record<string, unknown>
  body?: BodyOf<N>
  signal?: AbortSignal
}

/** Asks one endpoint of the table; the answer has the type that the table gives it. Throws ApiError. */
export async function call<N extends EndpointName>(name: N, input: Input<N> = {}): Promise<AnswerOf<N>> {
  const [method] = paths[name]
  let response: Response
  try {
    response = await fetch(addressOf(name, input), {
      method,
      headers: {
        ...(input.workspace === undefined ? {} : { 'X-Cairn-Workspace': input.workspace }),
        ...(input.body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
      ...(input.signal ? { signal: input.signal } : {}),
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, { code: 'unreachable' })
  }
  const answer: unknown = await response.json().catch(() => ({}))
  if (!response.ok) throw new ApiError(response.status, answer as object, response.headers.get('Retry-After'))
  return answer as AnswerOf<N>
}

/** Path and query string of an endpoint, for links too. */
export function addressOf<N extends EndpointName>(name: N, { params = {}, query }: Pick<Input<N>, 'params' | 'query'>): string {
  const path = paths[name][1].replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ''))
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query ?? {})) if (isPlain(value) && value !== '') search.set(key, String(value))
  return search.size === 0 ? path : `${path}?${search}`
}

const isPlain = (value: unknown): value is string | number | boolean => ['string', 'number', 'boolean'].includes(typeof value)
