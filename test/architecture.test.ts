import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const source = join(root, 'server/src')

interface SourceFile {
  /** Below server/src, with forward slashes. */
  path: string
  text: string
}

/** The list under "## Folders, in order" in ARCHITECTURE.md, as folder names. */
function readOrder(page: string): string[] {
  const section = /^## Folders, in order$([^]*?)(?=^## |(?![^]))/m.exec(page)?.[1] ?? ''
  return [...section.matchAll(/^\d+\. `([\w-]+)\/`/gm)].map((m) => m[1] ?? '')
}

const specifiers = (text: string): string[] => [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*|\bnew URL\(\s*)'(\.{1,2}\/[^']*)'/g)].map((m) => m[1] ?? '')

/**
 * Every import that goes against the order. Files beside the folders (compose, app, main) come after all of them; the last folder, which
 * starts the whole, may import those too. Tests stand beside what they test and may reach for what they need.
 */
function violations(files: readonly SourceFile[], order: readonly string[]): string[] {
  const afterAll = order.length - 1
  const rank = (path: string): number => (path.includes('/') ? order.indexOf(path.slice(0, path.indexOf('/'))) : afterAll)
  return files
    .filter(({ path }) => path.includes('/') && !path.endsWith('.test.ts'))
    .flatMap(({ path, text }) =>
      specifiers(text)
        .map((specifier) => posix.join(posix.dirname(path), specifier))
        .filter((target) => !target.startsWith('../') && rank(target) > rank(path))
        .map((target) => `${path} imports ${target}`),
    )
}

const filesBelow = (folder: string): SourceFile[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ path: name.replaceAll('\\', '/'), text: readFileSync(join(folder, name), 'utf8') }))
const order = readOrder(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'))

test('a folder of the server imports only folders listed before it in ARCHITECTURE.md', () => {
  const files = filesBelow(source)
  expect(files.length).toBeGreaterThan(50)
  expect(violations(files, order)).toEqual([])
})

test('every folder of the server is listed, and every folder listed is there', () => {
  const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(order.toSorted()).toEqual(folders.map((entry) => entry.name).toSorted())
})

test('an import against the order is found, however it is written', () => {
  const inOrder = ['base', 'store', 'ingest', 'commands']
  const found = (path: string, text: string): string[] => violations([{ path, text }], inOrder)
  expect(found('store/open.ts', "import { Journal } from '../ingest/journal.ts'")).toEqual(['store/open.ts imports ingest/journal.ts'])
  expect(found('store/engine/child.ts', "import type { Journal } from '../../ingest/journal.ts'")).toEqual(['store/engine/child.ts imports ingest/journal.ts'])
  expect(found('store/open.ts', "import {\n  a,\n  b,\n} from '../ingest/journal.ts'")).toEqual(['store/open.ts imports ingest/journal.ts'])
  expect(found('store/open.ts', "export type { Journal } from '../ingest/journal.ts'")).toHaveLength(1)
  expect(found('store/open.ts', "await import('../ingest/journal.ts')")).toHaveLength(1)
  expect(found('store/open.ts', "import '../ingest/journal.ts'")).toHaveLength(1)
  expect(found('ingest/loader.ts', "import { compose } from '../compose.ts'")).toEqual(['ingest/loader.ts imports compose.ts'])
})

test('imports in order, within a folder, of packages and from outside the folders are taken', () => {
  const inOrder = ['base', 'store', 'commands']
  const taken = [
    {
      path: 'store/open.ts',
      text: "import { a } from '../base/log.ts'\nimport { b } from './store.ts'\nimport { c } from 'node:fs'\nimport d from '../../package.json'",
    },
    { path: 'compose.ts', text: "import { a } from './store/open.ts'" },
    { path: 'main.ts', text: "import { a } from './commands/start.ts'" },
    { path: 'commands/start.ts', text: "import { compose } from '../compose.ts'" },
    { path: 'base/log.test.ts', text: "import { a } from '../store/open.ts'" },
  ]
  expect(violations(taken, inOrder)).toEqual([])
})

test('the list is read from the page as it is written there', () => {
  expect(readOrder('# A\n\n## Folders, in order\n\nText.\n\n1. `base/` ground\n2. `store/` events\n\n## Then\n\n3. `other/`\n')).toEqual(['base', 'store'])
  expect(readOrder('## Folders, in order\n1. `base/` ground\n')).toEqual(['base'])
  expect(order.slice(0, 2)).toEqual(['base', 'store'])
})
