import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'

export const built = resolve(import.meta.dirname, '../../packages/dist')
export const gzipped = (code: string | Uint8Array): number => gzipSync(code, { level: 9 }).length

/**
 * Bytes that a browser downloads before `code` can run: the code and all it imports, without what it may import later, minified and gzipped.
 * Paths and packages are those of `folder`.
 */
export async function download(code: string, { folder = built, external = [] }: { folder?: string; external?: string[] } = {}): Promise<number> {
  const entry = join(folder, 'entry.js')
  const build = await rolldown({
    input: entry,
    cwd: folder,
    external,
    platform: 'browser',
    plugins: [{ name: 'entry', resolveId: (id) => (id === entry ? id : undefined), load: (id) => (id === entry ? code : undefined) }],
    logLevel: 'silent',
  })
  const { output } = await build.generate({ format: 'es', minify: true })
  await build.close()
  const chunks = output.filter((file) => file.type === 'chunk')
  const needed = new Set(chunks.filter(({ isEntry }) => isEntry))
  for (const { imports } of needed) for (const name of imports) for (const chunk of chunks) if (chunk.fileName === name) needed.add(chunk)
  return [...needed].reduce((sum, { code }) => sum + gzipped(code), 0)
}
