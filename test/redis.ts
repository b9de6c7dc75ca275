import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, temporaryFolder } from './server.ts'

/**
 * A private Redis for tests, on a port and in a folder of its own, that writes each change to disk before it answers. A shell that reads from this
 * process watches over it and ends it when the pipe closes, however this process ended.
 */
export interface TestRedis {
  readonly url: string
  /** Ends it at once; what it has answered is kept. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Sends one command. */
  ask(...words: string[]): Promise<string>
  /** Ends it and removes its folder. */
  remove(): Promise<void>
}

const WATCH = 'trap "" INT TERM HUP; "$@" & server=$!; read -r _; kill -KILL $server; wait $server'

export async function startRedis(): Promise<TestRedis> {
  const folder = temporaryFolder()
  const port = await freePort()
  let watch: ChildProcess | undefined
  const ask = async (...words: string[]): Promise<string> => {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`)
      const [answer] = (await once(socket, 'data')) as [Buffer]
      return answer.toString('latin1')
    } finally {
      socket.destroy()
    }
  }
  const start = async (): Promise<void> => {
    const options = ['--port', String(port), '--dir', folder.path, '--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--bind', '127.0.0.1']
    const child = spawn('/bin/sh', ['-c', WATCH, 'sh', 'redis-server', ...options], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    watch = child
    for (;;) {
      if (child.exitCode !== null) throw new Error('redis-server did not start')
      const answer = await ask('PING').catch(() => '')
      if (answer.startsWith('+PONG')) return
      await sleep(20)
    }
  }
  const kill = async (): Promise<void> => {
    if (!watch) return
    const gone = once(watch, 'exit')
    watch.stdin?.end()
    watch = undefined
    await gone
  }
  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    ask,
    start,
    kill,
    remove: async () => {
      await kill()
      folder.remove()
    },
  }
}
