import { ensureBuilt, ensureInstalled } from './ready.mjs'

// npm run build: screens and clients, where they are not built yet; the start does the same.
await ensureInstalled()
await ensureBuilt()
