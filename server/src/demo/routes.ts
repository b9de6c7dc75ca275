import type { FastifyInstance } from 'fastify'
import type { Handlers } from '../http/call.ts'
import type { Demo } from './demo.ts'
import type { Send } from './fill.ts'

export const demoRoutes = (demo: Demo): Pick<Handlers, 'getDemo' | 'loadDemo' | 'removeDemo'> => ({
  getDemo: () => demo.state(),
  loadDemo: ({ user, by }) => demo.load({ user, by }),
  removeDemo: ({ user, by }) => demo.remove({ user, by }),
})

/** To the server of this process, through its whole way in, whatever address it listens on. */
export const sendTo =
  (app: () => FastifyInstance): Send =>
  async ({ method, path, headers, body }) => {
    const response = await app().inject({ method, url: path, headers, payload: body })
    return { status: response.statusCode, text: response.body, retryAfterSeconds: Number(response.headers['retry-after'] ?? 0) }
  }
