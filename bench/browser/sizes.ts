import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '../../test/server.ts'
import { built, download, gzipped } from '../../test/tracker/bundle.ts'

/**
 * Bytes of what a page downloads, minified and gzipped, beside other trackers bundled by the same function from npm's packages. Umami has no package
 * of its tracker: `umami` is the path of src/tracker/index.js in its repository.
 */
const peers = [
  {
    name: 'Plausible',
    pkg: '@plausible-analytics/tracker',
    version: '0.4.6',
    code: `import { init, track } from 'PKG'; init({ domain: 'example.com' }); track('a', {})`,
  },
  {
    name: 'PostHog',
    pkg: 'posthog-js',
    version: '1.434.18',
    code: `import posthog from 'PKG'; posthog.init('key', { api_host: 'https://example.com' }); posthog.capture('a')`,
  },
  {
    name: 'PostHog, slim',
    pkg: 'posthog-js',
    version: '1.434.18',
    code: `import posthog from 'PKG/dist/module.slim.js'; posthog.init('key', { api_host: 'https://example.com' }); posthog.capture('a')`,
  },
  {
    name: 'Segment',
    pkg: '@segment/analytics-next',
    version: '1.84.3',
    code: `import { AnalyticsBrowser } from 'PKG'; const a = AnalyticsBrowser.load({ writeKey: 'key' }); void a.track('a')`,
  },
]
const own = `import { init, track } from './browser/index.js'; init({ writeKey: 'key' }); track('a')`

export async function* sizes(umami: string | undefined): AsyncGenerator<{ name: string; bytes: number }> {
  const core = await download(own)
  yield { name: 'Cairn: init and track', bytes: core }
  yield { name: 'Cairn: React binding, beside that', bytes: (await download(`${own}; export * from './browser/react.js'`, { external: ['react'] })) - core }
  yield { name: 'Cairn: /cairn.js, the whole API', bytes: gzipped(readFileSync(join(built, 'script/cairn.js'))) }
  yield { name: 'Cairn: /cairn.mjs, the whole API', bytes: gzipped(readFileSync(join(built, 'script/cairn.mjs'))) }
  for (const file of readdirSync(join(built, 'script/chunks')).filter((name) => name.endsWith('.js')))
    yield { name: `Cairn: ${file.split('-')[0]}, when it is asked for`, bytes: gzipped(readFileSync(join(built, 'script/chunks', file))) }
  if (umami) yield { name: 'Umami', bytes: await download(readFileSync(umami, 'utf8')) }
  const folder = temporaryFolder()
  writeFileSync(join(folder.path, 'package.json'), '{ "private": true }')
  const packages = [...new Set(peers.map(({ pkg, version }) => `${pkg}@${version}`))]
  await promisify(execFile)('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], { cwd: folder.path })
  for (const { name, pkg, version, code } of peers)
    yield { name: `${name} ${version}`, bytes: await download(code.replace('PKG', pkg), { folder: folder.path }) }
  folder.remove()
}
