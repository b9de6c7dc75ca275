import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'vitest'
import { freePort, startServer, temporaryFolder, type Server } from './server.ts'

/**
 * A server that is killed before each statement of its catalog in turn (of each `stride`, one), until one request gets through; what it left is
 * looked at after each.
 */
export async function atEveryStep<Left extends string>(
  stride: number,
  of: {
    prepare(server: Server, step: number): Promise<void>
    act(server: Server, step: number): Promise<Response>
    look(server: Server, step: number): Promise<Left>
  },
): Promise<Left[]> {
  const folder = temporaryFolder()
  const armFile = join(folder.path, 'armed')
  const port = await freePort()
  const start = (step: number): Promise<Server> => {
    const preload = pathToFileURL(join(import.meta.dirname, 'kill-before.mjs')).href
    return startServer({ dataDir: join(folder.path, 'data'), port, env: { NODE_OPTIONS: `--import ${preload}`, ARM_FILE: armFile, KILL_BEFORE: String(step) } })
  }
  const found: Left[] = []
  let server = await start(1)
  for (let step = 1; ; step += stride) {
    await of.prepare(server, step)
    writeFileSync(armFile, '')
    const ended = once(server.process, 'exit')
    const answer = await of.act(server, step).catch(() => undefined)
    rmSync(armFile)
    if (answer) {
      expect(answer.status).toBe(200)
      found.push(await of.look(server, step))
      await server.stop()
      folder.remove()
      return found
    }
    await ended
    server = await start(step + stride)
    found.push(await of.look(server, step))
  }
}
