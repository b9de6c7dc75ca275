import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from '../browser.ts'
import { startCairn, type TestCairn } from '../cairn.ts'
import { snippetOf } from '../../dashboard/src/screens/start/snippets.ts'
import { eventsOf, filesOf, line, SETTLED, startExample, type Told, visitor } from '../examples/example.ts'

/** The examples with what npm installs, as a user starts them; Next and SvelteKit, which are large, only here. */
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

const sessions = (events: readonly Told[]): number => new Set(events.map(({ session_id }) => session_id)).size

test('Next: pages, a client component, a route handler and its own event are one person’s in one session', async ({ onTestFinished }) => {
  const workspace = await cairn.workspace()
  const example = await startExample('next', { cairn, workspace, packages: 'npm' })
  onTestFinished(example.stop)
  const { page, context, faults } = await visitor(browser)
  onTestFinished(() => context.close())
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).origin))

  await page.goto(example.url, SETTLED)
  await page.getByRole('link', { name: 'Heron' }).click()
  await page.getByRole('slider').press('ArrowRight')
  await page.getByLabel('Your name').fill('Ada')
  await page.getByRole('button', { name: 'Order' }).click()
  await page.getByText('Ordered.').waitFor()
  await page.goto('about:blank')

  await expect
    .poll(async () => (await eventsOf(workspace, [])).map(line).sort(), { timeout: 20_000 })
    .toEqual([
      'order_placed house/heron by ada',
      'page_viewed page// by nobody',
      'page_viewed page//houses/heron by nobody',
      'request_completed by ada',
      'rooms_changed house/heron by nobody',
    ])
  const events = await eventsOf(workspace, [])
  const request = events.find(({ event_type }) => event_type === 'request_completed')
  expect(request).toMatchObject({
    device_type: 'server',
    duration_ms: expect.any(Number),
    event_metadata: { method: 'POST', route: '/api/houses/[id]/orders', status: 201 },
  })
  expect(events.find(({ event_type }) => event_type === 'order_placed')?.event_metadata).toEqual({ rooms: 4, price: 168_000, currency: 'EUR' })
  expect(sessions(events)).toBe(1)
  expect(new Set(asked)).toEqual(new Set([example.url]))
  expect(faults).toEqual([])
})

test('SvelteKit: runes, pages, requests and the server’s own event are one person’s in one session', async ({ onTestFinished }) => {
  const workspace = await cairn.workspace()
  const example = await startExample('sveltekit', { cairn, workspace, packages: 'npm' })
  const { page, context, faults } = await visitor(browser)
  onTestFinished(() => context.close())
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).origin))
  try {
    await page.goto(example.url, SETTLED)
    await page.getByRole('link', { name: 'Glazes' }).click()
    await page.getByRole('button', { name: 'Sign in as ada' }).click()
    await page.getByText('Hello ada').waitFor()
    await page.getByLabel('Your question').fill('Why did it stick?')
    await page.getByRole('button', { name: 'Ask' }).click()
    await page.getByRole('button', { name: 'That helped' }).click()
    // The rune follows the sender: an event waits, and is delivered.
    for (const state of ['waiting', 'idle']) await page.locator(`[data-state=${state}]`).waitFor({ state: 'attached' })
    await page.goto('about:blank')
  } finally {
    await example.stop()
  }
  await expect
    .poll(async () => (await eventsOf(workspace, [])).map(line).sort(), { timeout: 20_000 })
    .toEqual([
      'answer_rated topic/glaze by ada',
      'page_viewed page// by nobody',
      'page_viewed page//topics/glaze by nobody',
      'question_answered topic/glaze by ada',
      'question_asked topic/glaze by ada',
      'request_completed topic/glaze by ada',
    ])
  const events = await eventsOf(workspace, [])
  expect(events.find(({ event_type }) => event_type === 'request_completed')?.event_metadata).toEqual({
    method: 'POST',
    route: '/api/answers/[topic]',
    status: 200,
  })
  expect(events.find(({ event_type }) => event_type === 'question_asked')).toMatchObject({ duration_ms: expect.any(Number), event_metadata: { status: 200 } })
  expect(sessions(events)).toBe(1)
  expect(new Set(asked)).toEqual(new Set([example.url]))
  expect(faults).toEqual([])
})

describe.each(['script-tag', 'express', 'fastify', 'work-assistant', 'vendor-tasks'])('%s', (name) => {
  test('starts by its one command with what npm installs, and its page is counted', async ({ onTestFinished }) => {
    const workspace = await cairn.workspace()
    const example = await startExample(name, { cairn, workspace, packages: 'npm' })
    onTestFinished(example.stop)
    const { page, context, faults } = await visitor(browser)
    onTestFinished(() => context.close())
    await page.goto(example.url, SETTLED)
    if (name === 'script-tag') await page.getByRole('button', { name: 'Yes' }).click()
    expect((await eventsOf(workspace, ['page_viewed'])).map(line)).toContain('page_viewed page// by nobody')
    expect(faults).toEqual([])
    expect(readFileSync(join(example.folder, 'package.json'), 'utf8')).not.toContain('@cairn')
  })
})

describe('snippets of the first steps screen', () => {
  const npm = (build: string, serve: string, dependencies: Record<string, string>): string =>
    JSON.stringify({ type: 'module', scripts: { start: 'node ../start.mjs', build, serve }, cairn: ['browser'], dependencies })
  const versionsOf = (name: string, wanted: readonly string[]): Record<string, string> => {
    const { dependencies } = JSON.parse(readFileSync(`examples/${name}/package.json`, 'utf8')) as { dependencies: Record<string, string> }
    return Object.fromEntries(wanted.map((dependency) => [dependency, dependencies[dependency] ?? '']))
  }
  const applications: Record<'svelte' | 'next', Record<string, string>> = {
    svelte: {
      'package.json': npm('vite build', 'vite preview --port $PORT', versionsOf('sveltekit', ['@sveltejs/vite-plugin-svelte', 'svelte', 'vite'])),
      'vite.config.js': `import { svelte } from '@sveltejs/vite-plugin-svelte'\nexport default { plugins: [svelte()] }`,
      'index.html': '<!doctype html><link rel="icon" href="data:,"><div id="app"></div><script type="module" src="/main.js"></script>',
    },
    next: {
      'package.json': npm('next build', 'next start', versionsOf('next', ['next', 'react', 'react-dom'])),
      'app/layout.js': 'export default ({ children }) => <html lang="en"><head><link rel="icon" href="data:," /></head><body>{children}</body></html>',
      'app/page.js': `import { SignUp } from './sign-up'\nexport default () => <SignUp />`,
    },
  }
  test.each(['svelte', 'next'] as const)('%s', async (name) => {
    const workspace = await cairn.workspace()
    const files = { ...applications[name], ...filesOf(snippetOf[name](cairn.url, workspace.writeKey)) }
    const example = await startExample(name, { cairn, workspace, packages: 'npm', files })
    const { page, context, faults } = await visitor(browser)
    try {
      await page.goto(example.url, SETTLED)
      await page.getByRole('button', { name: 'Sign up' }).click()
      await page.goto('about:blank')
      expect((await eventsOf(workspace, ['page_viewed', 'signup_started'])).map(line).sort()).toEqual([
        'page_viewed page// by nobody',
        'signup_started by nobody',
      ])
      expect(faults).toEqual([])
    } finally {
      await context.close()
      await example.stop()
    }
  })
})
