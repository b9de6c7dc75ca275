import type { Handlers } from '../http/call.ts'
import { CairnError } from '../base/errors.ts'
import type { FastifyReply } from 'fastify'
import { ask, type AskDeps } from './ask.ts'
import { eventsBehind, peopleBehind, type BehindDeps } from './behind.ts'

export const questionRoutes = (deps: BehindDeps & AskDeps): Pick<Handlers, 'query' | 'queryPeople' | 'queryEvents'> => ({
  query: ({ workspace, body, reply }) => ask(deps, workspace, body, leaving(reply)),
  queryPeople: ({ workspace, body }) => peopleBehind(deps, workspace, body),
  queryEvents: ({ workspace, body }) => eventsBehind(deps, workspace, body),
})

/** Aborted where the asker leaves before the answer is there. */
export function leaving({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  raw.once('close', () => {
    if (!raw.writableEnded) controller.abort(new CairnError('unavailable', 'Nobody waits for the answer any more.'))
  })
  return controller.signal
}
