import { join } from 'node:path'
import { ensureBuilt, ensureInstalled, leave, root, run } from './ready.mjs'
import { ensureNeeds } from './test/needs.mjs'

// npm run screens [-- name …] [--out folder] [--readme]: pictures of every screen in every state, from demo data.
await ensureInstalled()
await ensureBuilt()
const path = ensureNeeds()
leave(
  await run(['--disable-warning=ExperimentalWarning', join(root, 'test/screens/pictures.ts'), ...process.argv.slice(2)], {
    cwd: root,
    env: { ...process.env, PATH: path },
  }),
)
