import { ensureBuilt, ensureInstalled } from './ready.mjs'

// npm run build: the screens, where they are not built yet; the start does the same.
await ensureInstalled()
await ensureBuilt()
