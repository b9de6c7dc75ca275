import { setTimeout as sleep } from 'node:timers/promises'
import type { AnswerOf } from '@cairn/wire/api'
import { Command } from 'commander'
import { readConfig, type Config } from '../base/config.ts'
import type { Api } from './reach/api.ts'
import { reach, type Reach } from './reach/reach.ts'
import type { Environment } from './start.ts'
import { Failed } from './terminal/failure.ts'
import { number, progress, type Progress } from './terminal/progress.ts'
import { stopped } from './terminal/signals.ts'
import { say, sayJson } from './terminal/table.ts'

type State = AnswerOf<'getDemo'>
interface Options {
  remove?: boolean
  json?: boolean
}

const examples = `
Examples:
  cairn demo
  cairn demo --json
  cairn demo --remove

The demo is a workspace of its own, "demo", owned by the owners of the first workspace. It is made of invented people and the same every time;
nothing of it is in any other workspace. A load that was stopped begins anew with the next call.`

/** Often enough for a bar that moves. */
const LOOK_EVERY_MS = 250

export function demoCommand(environment: Environment): Command {
  return new Command('demo')
    .description('Make a workspace with a month of events of five applications, to look at; or remove it without trace.')
    .option('--remove', 'remove the workspace and everything in it')
    .option('--json', 'answer as JSON')
    .addHelpText('after', examples)
    .action(async ({ remove = false, json = false }: Options) => {
      const config = readConfig(environment)
      const { signal, release } = stopped()
      const cairn = await reach(config)
      try {
        const api = cairn.api('demo')
        if (remove) await removeDemo(api, json)
        else await loadDemo({ api, json, signal, link: linkOf(cairn, config) })
      } finally {
        release()
        await cairn.close()
      }
    })
}

async function removeDemo(api: Api, json: boolean): Promise<void> {
  const before = await api.get<State>('/api/demo')
  const state = await api.send<State>('DELETE', '/api/demo')
  if (json) sayJson({ workspace: state.workspace, state: state.state })
  else say(before.state === 'absent' ? 'There is no demo.' : 'The demo is removed.')
}

interface Loading {
  api: Api
  json: boolean
  signal: AbortSignal
  /** Undefined where no server runs on. */
  link: string | undefined
}

async function loadDemo({ api, json, signal, link }: Loading): Promise<void> {
  const before = await api.get<State>('/api/demo')
  let state = await api.send<State>('POST', '/api/demo')
  let bar: Progress | undefined
  try {
    while (state.state === 'loading') {
      if (state.events_total > 0) bar ??= progress({ what: 'events', label: 'demo', total: state.events_total, from: state.events, quiet: json })
      bar?.at(state.events)
      await sleep(LOOK_EVERY_MS)
      if (signal.aborted)
        throw new Failed(
          link === undefined ? 'Stopped. The next call begins anew.' : 'No longer watched; the server goes on loading. `cairn demo --remove` ends it.',
        )
      state = await api.get<State>('/api/demo')
    }
  } finally {
    bar?.end()
  }
  if (state.state !== 'ready') throw new Failed(state.message ?? `The demo is not there: its state is ${state.state}.`)
  if (json) return sayJson({ workspace: state.workspace, state: state.state, events: state.events, url: link ?? null })
  say(before.state === 'ready' ? 'The demo is there already.' : `The demo is there: ${number(state.events)} events of five applications.`)
  say(link === undefined ? 'Start Cairn (npm start), sign in, and choose the workspace "demo".' : `Look at it: ${link}`)
}

/** Of a server that goes on when the command has ended. */
function linkOf({ own, url }: Reach, config: Config): string | undefined {
  if (own) return undefined
  return `${config.CAIRN_PUBLIC_URL?.replace(/\/$/, '') ?? url.replace('127.0.0.1', 'localhost').replace('[::1]', 'localhost')}/w/demo`
}
