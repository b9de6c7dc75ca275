import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { contract } from './contract.mjs'

/**
 * The clients as a running Cairn serves them, from packages/ into packages/dist/:
 *
 * - `script/cairn.js` for a script tag, `script/cairn.mjs` for an import, `script/chunks/` what both load when it is asked for
 * - `cairn-browser.tgz`, `cairn-node.tgz`, `cairn-query.tgz` for npm, with their declarations
 *
 * Each script lies there as .br and .gz too.
 */
const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const packages = join(root, 'packages')
const dist = join(packages, 'dist')
/** As the server serves them; it puts other names in where it is set up so. */
const CHUNKS = '/cairn/chunks/'

const { version } = JSON.parse(readFileSync(join(packages, 'browser/package.json'), 'utf8'))
const source = (path) => join(packages, path)
const browserCode = { transform: { target: 'es2022', define: { __VERSION__: JSON.stringify(version) } }, optimization: { inlineConst: true } }

/** Bundles and writes; returns the names of what was written, entries first. */
async function bundle(options, output) {
  const build = await rolldown({ ...options, onLog: (level, log, pass) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && pass(level, log) })
  const { output: written } = await build.write({ minify: true, ...output })
  await build.close()
  return written.filter(({ type }) => type === 'chunk').map(({ fileName }) => fileName)
}

async function scripts() {
  const dir = join(dist, 'script')
  rmSync(dir, { recursive: true, force: true })
  const [more] = await bundle(
    { ...browserCode, input: { more: source('browser/src/more.ts') } },
    { dir: join(dir, 'chunks'), format: 'es', entryFileNames: '[name]-[hash].js', chunkFileNames: '[name]-[hash].js' },
  )
  await bundle(
    {
      ...browserCode,
      input: source('browser/src/script.ts'),
      transform: { ...browserCode.transform, define: { ...browserCode.transform.define, __MORE__: JSON.stringify(CHUNKS + more) } },
      treeshake: { moduleSideEffects: true },
    },
    { file: join(dir, 'cairn.js'), format: 'iife' },
  )
  await bundle(
    { ...browserCode, input: source('browser/src/index.ts'), plugins: [asIs((id) => id.endsWith('/more.ts'), `.${CHUNKS}${more}`)] },
    { file: join(dir, 'cairn.mjs'), format: 'es' },
  )
  for (const entry of readdirSync(dir, { recursive: true })) {
    const name = String(entry)
    if (!/\.m?js$/.test(name)) continue
    const bytes = readFileSync(join(dir, name))
    writeFileSync(join(dir, `${name}.gz`), gzipSync(bytes, { level: 9 }))
    writeFileSync(join(dir, `${name}.br`), brotliCompressSync(bytes))
  }
}

/** Leaves imports of a module in place, under this address. */
const asIs = (is, address) => ({
  name: 'as-is',
  resolveId: (id) => (is(id) ? { id: address, external: true } : undefined),
})

/** One package: code for every entry of its `exports`, declarations, and the archive that npm installs. */
async function archive(name, { peers, options, output, written = {}, guide = `docs/${name}.md` }) {
  const from = source(name)
  const into = join(dist, name)
  const own = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'))
  rmSync(into, { recursive: true, force: true })
  const entries = Object.entries(own.exports).map(([subpath, file]) => ({ subpath, file, name: file.replace(/^\.\/src\/|\.ts$/g, '') }))
  await bundle(
    {
      ...options,
      external: (id) => id.startsWith('node:') || peers.some((peer) => id === peer || id.startsWith(`${peer}/`)),
      input: Object.fromEntries(entries.map((entry) => [entry.name, join(from, entry.file)])),
    },
    { dir: into, format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js', ...output },
  )
  await declarations(name, into, written)
  const typesOf = (file) => `./types/${name}/${file.replace(/^\.\//, '').replace(/\.ts$/, '.d.ts')}`
  const { peerDependencies, peerDependenciesMeta, license, type, sideEffects, description } = own
  const manifest = {
    name: own.name,
    version: own.version,
    description,
    license,
    type,
    sideEffects,
    exports: Object.fromEntries(
      entries.map((entry) => {
        const code = `./${entry.name}.js`
        return [entry.subpath, { types: typesOf(entry.file), ...(entry.subpath === './svelte' && { svelte: code }), default: code }]
      }),
    ),
    types: typesOf(own.exports['.']),
    peerDependencies,
    peerDependenciesMeta,
  }
  writeFileSync(join(into, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  cpSync(join(root, 'LICENSE'), join(into, 'LICENSE'))
  writeFileSync(join(into, 'README.md'), `# ${own.name}\n\nOf Cairn. Its guide is in Cairn's documentation: ${guide}.\n`)
  await npmPack(into)
  renameSync(join(dist, `cairn-${name}-${own.version}.tgz`), join(dist, `cairn-${name}.tgz`))
}

/**
 * Declarations of a package and of the core, which it holds, beside each other; imports name files as they are there. Those in `written` stand
 * for what the compiler makes, and for what that imports from elsewhere.
 */
async function declarations(name, into, written) {
  const types = join(into, 'types')
  const project = join(source(name), 'tsconfig.json')
  await command(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    ...['--project', project, '--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--rootDir', packages, '--outDir', types],
  ])
  rmSync(join(types, 'wire'), { recursive: true, force: true })
  for (const [file, text] of Object.entries(written)) writeFileSync(join(types, name, 'src', file), text)
  for (const entry of readdirSync(types, { recursive: true })) {
    const file = String(entry)
    if (!file.endsWith('.d.ts')) continue
    const path = join(types, file)
    const text = readFileSync(path, 'utf8')
      .replace(
        /(['"])@cairn\/core\/([\w-]+)\1/g,
        (_, quote, part) => quote + relative(dirname(path), join(types, `core/src/${part}.js`)).replace(/^(?!\.)/, './') + quote,
      )
      .replace(/(['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1.js$2')
    writeFileSync(path, text)
  }
}
const npmPack = (folder) => command('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', dist], folder)

async function command(program, args, cwd = root) {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = []
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => said.push(text))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${program} ${args[0]} ended with ${code}:\n${said.join('')}`)
}

mkdirSync(dist, { recursive: true })
await Promise.all([
  scripts(),
  archive('browser', { peers: ['react', 'svelte'], options: browserCode, output: {} }),
  archive('node', {
    peers: [],
    options: { platform: 'node', transform: { target: 'node20', define: { __VERSION__: JSON.stringify(version) } } },
    output: { minify: false },
  }),
  archive('query', {
    peers: [],
    options: { platform: 'neutral', transform: { target: 'es2022' } },
    output: { minify: false },
    written: { 'contract.d.ts': contract() },
    guide: 'docs/questions.md',
  }),
])
