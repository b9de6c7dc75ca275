import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { builtScreens } from '../browser.ts'
import { built, download, gzipped } from './bundle.ts'

/** What a page downloads, in bytes, minified and gzipped. Figures beside other trackers: bench/RESULTS.md. */
const CORE = 4_096
const REACT = 1_024
const KIND = 2_048
/** The whole API is in these, whatever a page calls. */
const SCRIPT = 4_736
const MODULE = 4_928

const core = `export { init, track } from './browser/index.js'`
const kinds = readdirSync(resolve(import.meta.dirname, '../../packages/browser/src/auto')).map((file) => file.replace(/\.ts$/, ''))
const chunks = join(built, 'script/chunks')
const chunkOf = (name: string): Buffer => {
  const [file, ...others] = readdirSync(chunks).filter((found) => found.startsWith(`${name}-`) && found.endsWith('.js'))
  if (!file || others.length > 0) throw new Error(`${chunks} has ${file ? 'several files' : 'no file'} of ${name}.`)
  return readFileSync(join(chunks, file))
}

beforeAll(async () => {
  await builtScreens()
}, 180_000)

test('init and track with the durable queue are at most 4 KB', async () => {
  expect(await download(core)).toBeLessThanOrEqual(CORE)
})

test('the React binding adds at most 1 KB', async () => {
  const both = await download(`${core}; export { CairnProvider, useActivityTracker } from './browser/react.js'`, { external: ['react'] })
  expect(both - (await download(core))).toBeLessThanOrEqual(REACT)
})

test.each(kinds.filter((kind) => kind !== 'vitals'))('capture of %s is at most 2 KB', (kind) => {
  expect(gzipped(chunkOf(kind))).toBeLessThanOrEqual(KIND)
})

test('capture of vitals is at most 2 KB beside the library', async () => {
  const code = `export { start } from '../browser/src/auto/vitals.ts'`
  expect(await download(code, { external: ['web-vitals'] })).toBeLessThanOrEqual(KIND)
  // Nothing but the library is what makes the file larger.
  expect(
    gzipped(chunkOf('vitals')) - (await download(`export { onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals'`, { folder: join(built, '../browser') })),
  ).toBeLessThanOrEqual(KIND)
})

test('the script and the module that a running Cairn serves keep their bounds', () => {
  expect(gzipped(readFileSync(join(built, 'script/cairn.js')))).toBeLessThanOrEqual(SCRIPT)
  expect(gzipped(readFileSync(join(built, 'script/cairn.mjs')))).toBeLessThanOrEqual(MODULE)
})
