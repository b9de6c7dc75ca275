import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Answer } from '../cairn.ts'
import { cairn as command } from '../commands.ts'
import { asLocal, whole, type State, type Total } from '../demo.ts'
import { eventually, freePort, startServer, temporaryFolder, type Server } from '../server.ts'

test(
  'a load that is killed is seen as failed, and loading again gives what it would have given; a removal that is killed ends',
  { timeout: 240_000 },
  async () => {
    const folder = temporaryFolder()
    let server: Server | undefined
    try {
      const port = await freePort()
      const start = (): Promise<Server> => startServer({ dataDir: folder.path, port })
      server = await start()
      const { url } = server
      const token = (): string => (JSON.parse(readFileSync(join(folder.path, 'run/server.json'), 'utf8')) as { token: string }).token
      const at = (method: string, path?: string, workspace?: string): Promise<Answer> => asLocal(url, token(), method, path, workspace)
      await at('POST')
      await eventually(
        async () => (await at('GET')).body as unknown as State,
        ({ events }) => events > 10_000,
        60_000,
      )
      await server.kill()
      server = await start()
      expect((await at('GET')).body).toMatchObject({ state: 'failed', message: expect.stringContaining('Load again') })
      const made = await command(folder.path, 'demo', '--json')
      const loaded = made.json<State & { url: string }>()
      expect(loaded).toMatchObject({ state: 'ready', workspace: 'demo', url: `http://localhost:${port}/w/demo` })
      const ledger = await whole<Total>(url, '/api/ledger?by=total', token(), 'demo')
      expect(ledger.total).toMatchObject({ received: loaded.events, gap: 0, pending: 0 })
      const figures = await whole<{ total_events: number }>(url, '/api/events/analytics?days=31&include_bots=true', token(), 'demo')
      expect(figures.total_events).toBe(ledger.total.stored)

      // Killed somewhere in the middle of it, or before, or behind.
      const cut = at('DELETE').catch(() => undefined)
      await sleep(120)
      await server.kill()
      await cut
      server = await start()
      const left = (await at('GET')).body['state']
      expect(['absent', 'ready', 'failed']).toContain(left)
      expect((await command(folder.path, 'demo', '--remove')).out).toBe(left === 'absent' ? 'There is no demo.\n' : 'The demo is removed.\n')
      expect((await at('GET', '/api/ledger', 'demo')).status).toBe(404)
    } finally {
      await server?.kill()
      folder.remove()
    }
  },
)
