import { ensureInstalled, leave, root, run } from './ready.mjs'

// In the repository's own folder, since the scripts that use it name files of it.
await ensureInstalled()
leave(await run(process.argv.slice(2), { cwd: root }))
