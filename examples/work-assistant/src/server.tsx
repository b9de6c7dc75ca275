import { StrictMode } from 'react'
import { renderToPipeableStream } from 'react-dom/server'
import { Writable } from 'node:stream'
import { App } from './app.tsx'

/** Streams the application into `out`, then `after`. */
export function render(page: { path: string; user?: string }, out: Writable, after: string): void {
  const { pipe } = renderToPipeableStream(
    <StrictMode>
      <App {...page} />
    </StrictMode>,
    {
      onShellReady() {
        pipe(
          new Writable({
            write: (chunk, _encoding, done) => void out.write(chunk, done),
            final(done) {
              out.end(after)
              done()
            },
          }),
        )
      },
      onError: console.error,
    },
  )
}
