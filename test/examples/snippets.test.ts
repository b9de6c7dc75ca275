import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { snippetOf } from '../../dashboard/src/screens/start/snippets.ts'
import { openBrowser } from '../browser.ts'
import { startCairn, type TestCairn } from '../cairn.ts'
import { temporaryFolder } from '../server.ts'
import { eventsOf, filesOf, lay, line, SETTLED, startExample, visitor, write } from './example.ts'

/** The snippets of the first steps screen, run as they are; curl's is run by test/screens, Svelte's and Next's by test/long/examples.test.ts. */
let cairn: TestCairn
let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
  cairn = await startCairn()
})
afterAll(async () => {
  await browser.close()
  await cairn.close()
})

test('a web page', async ({ onTestFinished }) => {
  const workspace = await cairn.workspace()
  const html = `<!doctype html><title>Page</title><link rel="icon" href="data:,">${snippetOf.browser(cairn.url, workspace.writeKey)[0]?.code}`
  const host = createServer((_, response) => void response.writeHead(200, { 'Content-Type': 'text/html' }).end(html)).listen(0, '127.0.0.1')
  onTestFinished(() => void host.close())
  await once(host, 'listening')
  const { page, context, faults } = await visitor(browser)
  onTestFinished(() => context.close())
  await page.goto(`http://127.0.0.1:${(host.address() as AddressInfo).port}`, SETTLED)
  await page.getByRole('button', { name: 'Sign up' }).click()
  await page.goto('about:blank')
  const events = await eventsOf(workspace, ['page_viewed', 'signup_started'])
  expect(events.map(line).sort()).toEqual(['page_viewed page// by nobody', 'signup_started by nobody'])
  expect(events.find(({ event_type }) => event_type === 'signup_started')?.event_metadata).toEqual({ plan: 'pro' })
  expect(faults).toEqual([])
})

test('React', async ({ onTestFinished }) => {
  const workspace = await cairn.workspace()
  const example = await startExample('react', {
    cairn,
    workspace,
    packages: 'here',
    files: {
      'package.json': JSON.stringify({
        type: 'module',
        scripts: { start: 'node ../start.mjs', build: 'vite build', serve: 'vite preview --port $PORT' },
        cairn: ['browser'],
        dependencies: { '@vitejs/plugin-react': '6.3.0', react: '19.3.1', 'react-dom': '19.3.1', vite: '8.3.8' },
      }),
      'vite.config.js': `import react from '@vitejs/plugin-react'\nexport default { plugins: [react()] }`,
      'index.html': '<!doctype html><link rel="icon" href="data:,"><div id="root"></div><script type="module" src="/main.jsx"></script>',
      ...filesOf(snippetOf.react(cairn.url, workspace.writeKey)),
    },
  })
  onTestFinished(example.stop)
  const { page, context, faults } = await visitor(browser)
  onTestFinished(() => context.close())
  await page.goto(example.url, SETTLED)
  await page.getByRole('button', { name: 'Sign up' }).click()
  await page.goto('about:blank')
  expect((await eventsOf(workspace, ['page_viewed', 'signup_started'])).map(line).sort()).toEqual(['page_viewed page// by nobody', 'signup_started by nobody'])
  expect(faults).toEqual([])
})

test('Node', async ({ onTestFinished }) => {
  const workspace = await cairn.workspace()
  const folder = temporaryFolder()
  onTestFinished(() => folder.remove())
  write(folder.path, {
    'package.json': JSON.stringify({ cairn: ['node'] }),
    ...filesOf(snippetOf.node(cairn.url, workspace.writeKey)),
  })
  await lay(folder.path, cairn.url)
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(folder.path, 'first-event.mjs')], { timeout: 60_000 })
  expect([stdout, stderr]).toEqual(['', ''])
  expect((await eventsOf(workspace, ['signup_completed'])).map(line)).toEqual(['signup_completed by ada'])
})
