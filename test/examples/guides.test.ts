import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { isSnippetKind, snippetOf } from '../../dashboard/src/screens/start/snippets.ts'

/**
 * The code of docs/guides is that of the examples, which other tests start and use: `<!-- express/server.js#mount -->` above a block names a file of
 * examples/ and a region in it (`#region mount` … `#endregion`; of several with one name all), `<!-- start svelte App.svelte -->` a snippet of the
 * first steps screen. -u writes the code of the examples into the guides.
 */
const root = resolve(import.meta.dirname, '../..')
const folder = join(root, 'docs/guides')
const guides = readdirSync(folder).filter((name) => name.endsWith('.md'))

function codeOf(source: string): string {
  const [, kind, name] = /^start (\w+) (.+)$/.exec(source) ?? []
  if (kind !== undefined && isSnippetKind(kind)) {
    const file = snippetOf[kind]('http://localhost:4300', 'YOUR_WRITE_KEY').find((other) => other.name === name)
    if (!file) throw new Error(`First steps has no snippet ${source}`)
    return file.code
  }
  const [path = '', region] = source.split('#')
  const text = readFileSync(join(root, 'examples', path), 'utf8').trimEnd()
  return region === undefined ? text : regionOf(text, region, source)
}

function regionOf(text: string, region: string, source: string): string {
  const parts: string[][] = []
  let part: string[] | undefined
  for (const line of text.split('\n')) {
    const began = /#region (\S+)/.exec(line)?.[1]
    if (began !== undefined && part) throw new Error(`regions of ${source} overlap`)
    if (began === region) part = []
    else if (line.includes('#endregion')) {
      if (part) parts.push(part)
      part = undefined
    } else part?.push(line)
  }
  if (parts.length === 0 || part) throw new Error(`${source} is no region`)
  return dedent(parts.flatMap((lines) => ['', ...lines]))
}

function dedent(lines: readonly string[]): string {
  const depth = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => /^\s*/.exec(line)?.[0].length ?? 0))
  return lines
    .map((line) => line.slice(depth))
    .join('\n')
    .trim()
}

test.each(guides)('the code of %s is that of the examples', async (guide) => {
  const path = join(folder, guide)
  const page = readFileSync(path, 'utf8').replace(
    /(<!-- (\S[^\n]*?) -->\n```(\w+)\n)[^]*?```/g,
    (_, head: string, source: string) => `${head}${codeOf(source)}\n\`\`\``,
  )
  await expect(page).toMatchFileSnapshot(path)
})

test.each(guides)('every block of %s names its source, or is a command or a configuration', (guide) => {
  const text = readFileSync(join(folder, guide), 'utf8')
  const bare = [...text.matchAll(/(.*)\n```(\w+)\n/g)].filter(
    ([, above = '', language = '']) => !above.startsWith('<!--') && !['sh', 'nginx', 'text', 'env'].includes(language),
  )
  expect(bare.map(([block]) => block)).toEqual([])
})
