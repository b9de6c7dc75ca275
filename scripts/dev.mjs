import { cairn } from './ready.mjs'

await cairn(['start', ...process.argv.slice(2)], ['--watch', '--watch-preserve-output'])
