import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startCairn } from './cairn.ts'

test('a ledger that is asked for while events are being loaded counts each of them once', async () => {
  const cairn = await startCairn()
  const { engine } = JSON.parse(readFileSync(join(cairn.dataDir, 'run/server.lock'), 'utf8')) as { engine: { pid: number } }
  try {
    const w = await cairn.workspace()
    // The load begins and hangs; a read gives up waiting for it after 2 s, and then meets its end.
    process.kill(engine.pid, 'SIGSTOP')
    await w.post('/api/events/log/batch', { events: Array.from({ length: 300 }, () => ({ event_id: randomUUID(), event_type: 'a', user_id: 'ada' })) })
    const asked = w.get('/api/ledger?by=total')
    await sleep(3_500)
    process.kill(engine.pid, 'SIGCONT')
    expect(await asked).toMatchObject({ total: { received: 300, accepted: 300, stored: 300, pending: 0, gap: 0 } })
  } finally {
    process.kill(engine.pid, 'SIGCONT')
    await cairn.close()
  }
})
