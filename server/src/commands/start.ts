import { once } from 'node:events'
import { createServer } from 'node:net'
import { Command } from 'commander'
import { ConfigError, readConfig, withoutEffect } from '../base/config.ts'
import { makeLog, type Log } from '../base/log.ts'
import { compose, type Cairn } from '../compose.ts'
import { announce } from './reach/server-file.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** A kill of the whole process group and `--watch` deliver a signal twice. */
const ONE_SIGNAL_MS = 1_000
/** What is in flight gets this long; a query that runs longer is cut off. */
const STOP_MS = 15_000

export const startCommand = (environment: Environment): Command =>
  new Command('start').description('Run Cairn until it is stopped.').action(async () => {
    const config = readConfig(environment)
    const log = makeLog(config.CAIRN_LOG_LEVEL)
    for (const name of withoutEffect(environment)) log.warn(`${name} has no effect: its part is not in this version`)
    // Before anything is made: keys that a failed first start had made would never be shown.
    await proveFree(config.HOST, config.PORT)
    const cairn = await compose(config, { log })
    const address = await cairn.listen().catch(async (error: unknown) => {
      await cairn.close()
      throw error
    })
    const withdraw = announce(config.CAIRN_DATA_DIR, { address, token: cairn.localToken, catalog: cairn.catalog.kind })
    const url =
      config.CAIRN_PUBLIC_URL?.replace(/\/+$/, '') ?? address.replace('[::1]', 'localhost').replace('0.0.0.0', 'localhost').replace('127.0.0.1', 'localhost')
    greet(url, cairn, config.CAIRN_DATA_DIR)
    await untilSignal(log)
    const forced = setTimeout(() => process.exit(1), STOP_MS)
    forced.unref()
    withdraw()
    await cairn.close()
    process.exit(0)
  })

async function proveFree(host: string, port: number): Promise<void> {
  switch (await bindingFault(host, port)) {
    case undefined:
      return
    case 'EADDRINUSE':
      throw new ConfigError(`Port ${port} is in use. Stop what listens there, or choose another one: PORT=${port + 1} npm start`)
    case 'EACCES':
      throw new ConfigError(`Port ${port} may not be used by this user. Choose one above 1023: PORT=4300 npm start`)
    default:
      throw new ConfigError(`Cairn cannot listen on HOST ${host}: it is no address of this machine. Use 127.0.0.1, or 0.0.0.0 for all.`)
  }
}

/** Code of the fault that listening there meets; undefined where it is free. */
async function bindingFault(host: string, port: number): Promise<string | undefined> {
  const probe = createServer()
  try {
    probe.listen(port, host)
    await once(probe, 'listening')
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  } finally {
    probe.close()
  }
}

function greet(url: string, { first, pipeline, setupToken }: Cairn, dataDir: string): void {
  const { write, secret } = first.keys
  const lines = ['', `  Cairn is ready: ${url}/${setupToken === undefined ? '' : `setup#token=${setupToken}`}`]
  if (setupToken !== undefined) lines.push('  This link makes the first user, and holds until Cairn is stopped.')
  if (write !== undefined || secret !== undefined) {
    lines.push('')
    if (write !== undefined) lines.push(`  Write key    ${write}    adds data; may be public`)
    if (secret !== undefined) lines.push(`  Secret key   ${secret}    reads; keep it private`)
    lines.push('', '  The keys are shown this once. `npm run cairn -- keys create` makes others.')
  }
  if (pipeline.recovered.damaged > 0)
    lines.push('', `  ${pipeline.recovered.damaged} journal records are damaged; all others are loaded. /api/health says more.`)
  lines.push('', `  API ${url}/api/docs · health ${url}/api/health · data ${dataDir}`, '')
  process.stdout.write(`${lines.join('\n')}\n`)
}

function untilSignal(log: Log): Promise<void> {
  return new Promise((resolve) => {
    let firstAt = 0
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (firstAt === 0) {
          firstAt = performance.now()
          log.info({ signal }, 'stopping')
          resolve()
        } else if (performance.now() - firstAt > ONE_SIGNAL_MS) process.exit(1)
      })
    }
  })
}
