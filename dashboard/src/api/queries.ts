import type { AnswerOf, EndpointName } from '@cairn/wire/api'
import { infiniteQueryOptions, MutationCache, QueryCache, QueryClient, queryOptions } from '@tanstack/react-query'
import { ApiError, call, type Input } from './client.ts'

/**
 * Answers are kept by what was asked: endpoint, workspace, parameters. A screen asks with `useQuery(ask('listKeys', { workspace }))`; two parts
 * of a page that ask the same share one request.
 */
export const ask = <N extends EndpointName>(name: N, input: Omit<Input<N>, 'signal' | 'body'> = {}) =>
  queryOptions<AnswerOf<N>, ApiError>({
    queryKey: [name, input],
    queryFn: ({ signal }) => call(name, { ...input, signal } as Input<N>),
    // What was there before stands until the answer comes, but never another workspace's.
    placeholderData: (before, asked) => (workspaceOf(asked?.queryKey[1]) === input.workspace ? before : undefined),
  })
const workspaceOf = (input: unknown): unknown => (input as { workspace?: string } | undefined)?.workspace

type Paged = { [N in EndpointName]: AnswerOf<N> extends { next_cursor: string | null } ? N : never }[EndpointName]

/** A list, page by page, by its cursor. */
export const askPages = <N extends Paged>(name: N, input: Omit<Input<N>, 'signal' | 'body'>) =>
  infiniteQueryOptions({
    queryKey: [name, input, 'pages'],
    queryFn: ({ pageParam, signal }) =>
      call(name, { ...input, query: { ...input.query, ...(pageParam ? { cursor: pageParam } : {}) }, signal } as unknown as Input<N>),
    initialPageParam: '',
    getNextPageParam: (last) => (last as { next_cursor: string | null }).next_cursor ?? undefined,
  })

/** An answer is taken as current for this long: going back and forth between screens asks nothing. */
const CURRENT_MS = 10_000
const TRIES = 2

export const makeQueryClient = (onSessionEnd: () => void): QueryClient => {
  const watch = (error: Error): void => {
    if (error instanceof ApiError && error.status === 401) onSessionEnd()
  }
  return new QueryClient({
    queryCache: new QueryCache({ onError: watch }),
    mutationCache: new MutationCache({ onError: watch }),
    defaultOptions: {
      queries: {
        staleTime: CURRENT_MS,
        // What the caller did wrong stays wrong; a server that restarts is back in seconds.
        retry: (failures, error) => failures < TRIES && error instanceof ApiError && (error.status === 0 || error.status === 503),
        retryDelay: (failures, error) => (error instanceof ApiError && error.retryAfterSeconds ? error.retryAfterSeconds * 1_000 : 500 * 2 ** failures),
      },
      mutations: { retry: false },
    },
  })
}
