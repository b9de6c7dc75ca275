import { readdirSync, readFileSync, existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { endpoints } from '@cairn/wire/api'
import { shortPath } from '@cairn/wire/endpoint'
import { reasons } from '@cairn/wire/outcome'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { later, settings } from '../server/src/base/config.ts'
import { catalogue } from '../server/src/base/errors.ts'
import { execFile } from 'node:child_process'
import { startCairn, type TestCairn } from './cairn.ts'

/** The docs are held against the product: links resolve, settings and errors are those of the tables, commands run. */
const execute = promisify(execFile)
const root = resolve(import.meta.dirname, '..')
const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'bench/RESULTS.md', ...list('docs')]
function list(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? list(path) : path.endsWith('.md') ? [path] : []
  })
}
const read = (page: string): string => readFileSync(join(root, page), 'utf8')
/** GitHub's rule for the anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .trim()
    .replace(/\s/g, '-')

let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

test.each(pages)('every link in %s leads somewhere', (page) => {
  const broken = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((m) => m[1] ?? '')
    .filter((link) => !/^https?:/.test(link))
    .filter((link) => {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? page : relative(root, join(root, dirname(page), path))
      if (!existsSync(join(root, target))) return true
      return anchor !== undefined && ![...read(target).matchAll(/^#+ (.*)$/gm)].some((m) => anchorOf(m[1] ?? '') === anchor)
    })
  expect(broken).toEqual([])
})

test('docs/settings.md lists every setting with its default and meaning, as the table has it', async () => {
  const shown = (value: unknown): string =>
    value === undefined || (Array.isArray(value) && value.length === 0) ? '–' : `\`${JSON.stringify(value).replaceAll('"', '')}\``
  const rows = Object.entries(settings).map(([name, s]) => `| \`${name}\` | ${shown(s.default)} | ${s.means} |`)
  const page = `# Settings\n\nAll of them are environment variables, read once at start. A bad value, or a \`CAIRN_\` name that is not here, stops the start with a message\nthat names it.\n\n| name | default | meaning |\n|---|---|---|\n${rows.join('\n')}\n\nKnown, but of parts that are not in this version, so without effect; the start says so: ${later.map((name) => `\`${name}\``).join(', ')}.\n`
  await expect(page).toMatchFileSnapshot('../docs/settings.md')
})

test('docs/errors.md lists every error code and every reason, as the tables have them', async () => {
  const codes = Object.entries(catalogue).map(([code, { status, hint }]) => `| \`${code}\` | ${status} | ${hint} |`)
  const why = Object.entries(reasons).map(([reason, r]) => `| \`${reason}\` | ${r.outcome.replace('_', ' ')} | ${r.means} | ${r.remedy} |`)
  const page = `# Errors\n\nEvery error answers \`{"success": false, "message": "…", "code": "…", "errors": [{"path": "/field", "message": "…"}]}\`. The message says what to do.\n\n| code | status | what to do |\n|---|---|---|\n${codes.join('\n')}\n\n## Why an event was not accepted\n\n| reason | outcome | meaning | remedy |\n|---|---|---|---|\n${why.join('\n')}\n`
  await expect(page).toMatchFileSnapshot('../docs/errors.md')
})

test('every setting and endpoint that the docs name exists', () => {
  const unknown = pages.flatMap((page) => {
    const text = read(page)
    const names = [...text.matchAll(/\b(CAIRN_[A-Z_]+|CLICKHOUSE_[A-Z]+|DATABASE_URL)\b/g)]
      .map((m) => m[0])
      .filter((name) => !(name in settings) && !later.some((known) => known === name) && name !== ofExamples)
    const paths = [...text.matchAll(/(?:GET|POST|PUT|PATCH|DELETE) (\/api\/[\w/{}-]*)/g)].map((m) => m[1] ?? '').filter((path) => !isEndpoint(path))
    return [...names, ...paths].map((name) => `${page}: ${name}`)
  })
  expect(unknown).toEqual([])
})
/** Where the examples and guides look for Cairn. */
const ofExamples = 'CAIRN_URL'
const served = ['/api/docs', '/api/openapi.json']
const isEndpoint = (path: string): boolean => {
  const bare = path.replace(/\/$/, '')
  return (
    served.includes(bare) ||
    Object.values(endpoints).some((e) => [e.path, shortPath(e) ?? e.path].some((path) => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`).test(bare)))
  )
}

test.each(['README.md', 'docs/http.md', 'docs/guides/tasks.md'])('every curl command in %s works as it stands', async (page) => {
  const w = await cairn.workspace()
  const commands = [...read(page).matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((m) => (m[1] ?? '').split(/\n(?=curl)/)).filter((c) => c.startsWith('curl'))
  expect(commands.length).toBeGreaterThanOrEqual(2)
  for (const command of commands) {
    const { stdout } = await execute('bash', ['-c', command.replaceAll('curl ', 'curl -sS --fail-with-body ').replaceAll('http://localhost:4300', cairn.url)], {
      timeout: 60_000,
      env: { PATH: process.env['PATH'], CAIRN_WRITE_KEY: w.writeKey, CAIRN_SECRET_KEY: w.secretKey },
    })
    for (const line of stdout.trim().split('\n')) expect(JSON.parse(line)).not.toHaveProperty('success', false)
  }
})
