/** Code that sends a first event, ready to run, with the trackers that this Cairn serves; `test/examples/snippets.test.ts` runs it as it is. */
export const snippetKinds = ['curl', 'browser', 'react', 'svelte', 'next', 'node'] as const
export type SnippetKind = (typeof snippetKinds)[number]
export const isSnippetKind = (text: string | undefined): text is SnippetKind => snippetKinds.some((kind) => kind === text)

export interface SnippetFile {
  name: string
  code: string
}

export const PLACEHOLDER = 'YOUR_WRITE_KEY'

/** `host`: origin of this Cairn, without a slash at its end. */
export const snippetOf: Record<SnippetKind, (host: string, key: string) => readonly SnippetFile[]> = {
  curl: (host, key) => [
    {
      name: 'curl',
      code: `curl -X POST ${host}/api/events/log \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"event_type": "signup_completed", "user_id": "ada",
       "metadata": {"plan": "pro"}}'`,
    },
  ],

  browser: (host, key) => [
    {
      name: 'index.html',
      code: `<script>
  window.cairn ||= Object.assign((...call) => cairn.q.push(call), { q: [] })
</script>
<script async src="${host}/cairn.js" data-write-key="${key}" data-auto="pageviews"></script>

<button onclick="cairn('track', 'signup_started', { metadata: { plan: 'pro' } })">Sign up</button>`,
    },
  ],

  react: (host, key) => [
    install(host, 'browser'),
    {
      name: 'main.jsx',
      code: `import { init } from '@cairn/browser'
import { createRoot } from 'react-dom/client'
import App from './App.jsx'

${begin(host, key)}
createRoot(document.getElementById('root')).render(<App />)`,
    },
    {
      name: 'App.jsx',
      code: `import { useActivityTracker } from '@cairn/browser/react'

export default function App() {
  const { track } = useActivityTracker() // useActivityTracker(user?.id), once somebody is signed in
  return <button onClick={() => track('signup_started', { metadata: { plan: 'pro' } })}>Sign up</button>
}`,
    },
  ],

  svelte: (host, key) => [
    install(host, 'browser'),
    {
      name: 'main.js',
      code: `import { init } from '@cairn/browser/svelte'
import { mount } from 'svelte'
import App from './App.svelte'

${begin(host, key)}
mount(App, { target: document.getElementById('app') })`,
    },
    {
      name: 'App.svelte',
      code: `<script>
  import { useActivityTracker } from '@cairn/browser/svelte'

  const { track } = useActivityTracker() // useActivityTracker(() => user?.id), once somebody is signed in
</script>

<button onclick={() => track('signup_started', { metadata: { plan: 'pro' } })}>Sign up</button>`,
    },
  ],

  next: (host, key) => [
    install(host, 'browser'),
    { name: 'instrumentation-client.js', code: `import { init } from '@cairn/browser'\n\n${begin(host, key)}` },
    {
      name: 'app/sign-up.js',
      code: `'use client'
import { useActivityTracker } from '@cairn/browser/react'

export function SignUp() {
  const { track } = useActivityTracker() // useActivityTracker(user?.id), once somebody is signed in
  return <button onClick={() => track('signup_started', { metadata: { plan: 'pro' } })}>Sign up</button>
}`,
    },
  ],

  node: (host, key) => [
    install(host, 'node'),
    {
      name: 'first-event.mjs',
      code: `import { init, shutdown, track } from '@cairn/node'

init({ host: '${host}', writeKey: '${key}', onError: console.error })
track('signup_completed', { userId: 'ada', metadata: { plan: 'pro' } })
await shutdown() // at the end of your process`,
    },
  ],
}

/** Its name is that of no file: it is for a terminal. */
const install = (host: string, tracker: 'browser' | 'node'): SnippetFile => ({ name: 'npm', code: `npm i ${host}/packages/cairn-${tracker}.tgz` })

const begin = (host: string, key: string): string => `init({ host: '${host}', writeKey: '${key}', auto: ['pageviews'] })`
