import { StrictMode } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { init } from '@cairn/browser'
import { App } from './app.tsx'

const page = JSON.parse(document.getElementById('page')!.textContent!)

init({ host: page.cairnUrl, writeKey: page.writeKey, auto: ['pageviews'] })

hydrateRoot(
  document.getElementById('root')!,
  <StrictMode>
    <App path={location.pathname} user={page.user} />
  </StrictMode>,
)
