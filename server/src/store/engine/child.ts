import { rmSync } from 'node:fs'
import { OpenData } from './addon.ts'
import { laneSettings, type Budget } from './budget.ts'
import { makeFront } from './front.ts'
import { Slots } from './slots.ts'

/**
 * Entry of the engine's process. It lives and dies with the process that made it:
 * - SIGTERM and SIGINT are not for it, although it sits in the same process group: the parent drains first, then sends "stop".
 * - When the channel to its parent closes, for whatever reason, it ends itself at once by SIGKILL: process.exit() would wait for a
 *   running query (measured: 28.8 s). What was answered is on disk by then, so nothing is lost.
 */
export interface ChildOptions {
  dataPath: string
  configFile: string
  scratch: string
  listen: { socket: string } | { port: number }
  budget: Budget
}
export type ChildMessage = { ready: { port?: number } } | { failed: string }

/** Time for running queries to be killed after "stop". */
const STOP_GRACE_MS = 3_000

const end = (): void => {
  process.kill(process.pid, 'SIGKILL')
}
process.on('SIGTERM', () => {})
process.on('SIGINT', () => {})
process.on('SIGHUP', () => {})
process.on('disconnect', end)
if (!process.connected) end()
for (const fault of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(fault, (error: unknown) => {
    process.stderr.write(`engine process: ${error instanceof Error ? error.stack : String(error)}\n`, end)
  })
}
process.title = 'cairn engine'
const tell = (message: ChildMessage, then?: () => void): void => {
  process.send?.(message, undefined, {}, then)
}

const options = JSON.parse(process.argv[2] ?? '{}') as ChildOptions
try {
  const data = new OpenData(options.dataPath, [`--config-file=${options.configFile}`])
  const server = makeFront({ data, slots: new Slots(options.budget.lanes), defaults: laneSettings(options.budget), scratch: options.scratch })

  process.on('message', (message) => {
    if (message !== 'stop') return
    server.close(() => {
      data.close()
      end()
    })
    server.closeIdleConnections()
    // A connection that breaks ends its query; then the server is closed.
    setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS / 2)
    setTimeout(end, STOP_GRACE_MS)
  })

  server.on('error', (error) => tell({ failed: error.message }, end))
  const { listen } = options
  if ('socket' in listen) {
    rmSync(listen.socket, { force: true })
    server.listen(listen.socket, () => tell({ ready: {} }))
  } else {
    server.listen(listen.port, '127.0.0.1', () => {
      const address = server.address()
      tell({ ready: { port: typeof address === 'object' && address ? address.port : listen.port } })
    })
  }
} catch (error) {
  tell({ failed: error instanceof Error ? error.message : String(error) }, end)
}
