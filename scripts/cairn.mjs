import { cairn } from './ready.mjs'

await cairn(process.argv.slice(2))
