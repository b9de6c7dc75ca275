import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'

/**
 * Loaded before a server whose catalog is SQLite: kills it (-9) before the statement of that number, counted from when the file ARM_FILE is
 * there. Statements go to a thread by messages, which is where they are counted.
 */
const { ARM_FILE: armFile, KILL_BEFORE: killBefore } = process.env
const post = Reflect.get(Worker.prototype, 'postMessage')
let statements = 0
Worker.prototype.postMessage = function (message, ...rest) {
  if (typeof message?.sql === 'string' && existsSync(armFile) && ++statements === Number(killBefore)) process.kill(process.pid, 'SIGKILL')
  return Reflect.apply(post, this, [message, ...rest])
}
