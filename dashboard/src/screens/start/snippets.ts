/** Code that sends a first event, ready to run. Plain HTTP, so that it needs no package and shows what goes over the wire. */
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
  function visitorId() {
    let id = localStorage.getItem('visitor_id')
    if (!id) localStorage.setItem('visitor_id', (id = 'v' + Date.now() + Math.random().toString(36).slice(2)))
    return id
  }
  function track(event_type, metadata) {
    const event = {
      event_id: crypto.randomUUID?.(), // a repetition is recognised by it
      event_type,
      anonymous_id: visitorId(),
      metadata,
      context: { page: { url: location.href, referrer: document.referrer } },
      write_key: '${key}',
    }
    // Reaches the server even if the page is left at once.
    navigator.sendBeacon('${host}/api/events/log', JSON.stringify(event))
  }
  track('page_viewed')
</script>`,
    },
  ],

  react: (host, key) => [
    { name: 'track.js', code: browserModule(host, key) },
    {
      name: 'App.jsx',
      code: `import { useEffect } from 'react'
import { track } from './track.js'

export default function App() {
  useEffect(() => track('page_viewed'), [])
  return <button onClick={() => track('signup_started', { plan: 'pro' })}>Sign up</button>
}`,
    },
  ],

  svelte: (host, key) => [
    { name: 'track.js', code: browserModule(host, key) },
    {
      name: 'App.svelte',
      code: `<script>
  import { onMount } from 'svelte'
  import { track } from './track.js'

  onMount(() => track('page_viewed'))
</script>

<button onclick={() => track('signup_started', { plan: 'pro' })}>Sign up</button>`,
    },
  ],

  next: (host, key) => [
    { name: 'lib/track.js', code: serverModule(host, key) },
    {
      name: 'app/api/signup/route.js',
      code: `import { after } from 'next/server'
import { track } from '../../../lib/track.js'

export async function POST(request) {
  const { user_id } = await request.json()
  after(() => track('signup_completed', user_id, { plan: 'pro' }))
  return Response.json({ ok: true })
}`,
    },
  ],

  node: (host, key) => [
    {
      name: 'first-event.mjs',
      code: `${serverModule(host, key).replace('export ', '')}

await track('signup_completed', 'ada', { plan: 'pro' })
console.log('sent')`,
    },
  ],
}

const browserModule = (host: string, key: string): string => `function visitorId() {
  let id = localStorage.getItem('visitor_id')
  if (!id) localStorage.setItem('visitor_id', (id = 'v' + Date.now() + Math.random().toString(36).slice(2)))
  return id
}

export function track(event_type, metadata) {
  const event = {
    event_id: crypto.randomUUID?.(), // a repetition is recognised by it
    event_type,
    anonymous_id: visitorId(),
    metadata,
    context: { page: { url: location.href, referrer: document.referrer } },
    write_key: '${key}',
  }
  // Reaches the server even if the page is left at once.
  navigator.sendBeacon('${host}/api/events/log', JSON.stringify(event))
}`

const serverModule = (host: string, key: string): string => `export async function track(event_type, user_id, metadata) {
  const response = await fetch('${host}/api/events/log', {
    method: 'POST',
    headers: { Authorization: 'Bearer ${key}', 'Content-Type': 'application/json' },
    body: JSON.stringify({ event_id: crypto.randomUUID(), event_type, user_id, metadata }),
  })
  // The answer says what is wrong, and what to do about it.
  if (!response.ok) console.error('not recorded:', await response.text())
}`
