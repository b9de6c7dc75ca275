import { cairn, ensureInstalled, fail, root, run } from './ready.mjs'
import { viteArgs } from './ready/built.mjs'

// The server is restarted and the screens are built again at every change; a page shows the new ones when it is loaded again.
await ensureInstalled()
void run([...viteArgs(root), '--watch'], { cwd: root }).then(({ code, signal }) => {
  if (signal === null && code !== 0) fail('The screens are no longer built: see the lines above.')
})
await cairn(['start', ...process.argv.slice(2)], ['--watch', '--watch-preserve-output'])
