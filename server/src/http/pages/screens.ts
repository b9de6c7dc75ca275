import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Addresses of the screens; what is under /w/ is the screens' own to know. */
const addresses = ['/', '/setup', '/sign-in', '/join', '/account', '/w/*']
const YEAR_SECONDS = 31_536_000

export interface ScreensDeps {
  /** Whether pages of others may show the dashboard that the token of the address is a link to. Throws `too_many_requests`. */
  mayEmbed(request: FastifyRequest<{ Params: { token: string } }>): Promise<boolean>
}

/**
 * The screens as they were built into `folder`. Each answer of the page has a fresh nonce, in its policy and in its head: styles that are made
 * while it runs carry it. Scripts come from this server only and never stand in the page. Files are looked up with each request, so that a
 * build that ends while the server runs is there with the next.
 */
export async function serveScreens(app: FastifyInstance, folder: string, deps: ScreensDeps): Promise<void> {
  for (const address of addresses) app.get(address, (_request, reply) => sendPage(reply, folder))
  app.get<{ Params: { token: string } }>('/shared/:token', async (request, reply) => {
    const isEmbeddable = await deps.mayEmbed(request)
    if (isEmbeddable) void reply.header('X-Frame-Options', 'ALLOWALL').header('Cross-Origin-Resource-Policy', 'cross-origin')
    return await sendPage(reply, folder, isEmbeddable ? '*' : undefined)
  })
  await app.register(fastifyStatic, {
    root: join(folder, 'assets'),
    prefix: '/assets/',
    index: false,
    decorateReply: false,
    preCompressed: true,
    // Names hold a hash of the content.
    cacheControl: false,
    setHeaders: (reply) => void reply.header('Cache-Control', `public, max-age=${YEAR_SECONDS}, immutable`),
  })
  for (const [name, type] of [
    ['favicon.svg', 'image/svg+xml'],
    ['manifest.webmanifest', 'application/manifest+json'],
  ] as const) {
    app.get(`/${name}`, async (_request, reply) => {
      const content = await readFile(join(folder, name)).catch(() => undefined)
      if (!content) return reply.callNotFound()
      return reply.type(type).header('Cache-Control', 'no-cache').send(content)
    })
  }
}

export async function sendPage(reply: FastifyReply, folder: string, frames?: '*'): Promise<FastifyReply> {
  const nonce = randomBytes(16).toString('base64')
  const page = await readFile(join(folder, 'index.html'), 'utf8').catch(() => undefined)
  if (page === undefined) void reply.code(503)
  return reply
    .type('text/html; charset=utf-8')
    .header('Content-Security-Policy', pagePolicy(`'nonce-${nonce}'`, frames))
    .send(page?.replace('name="csp-nonce" content=""', `name="csp-nonce" content="${nonce}"`) ?? notBuilt)
}

/** `connect-src 'self'` takes the WebSocket of the same host as well (Chromium 156, Firefox, Safari since 15.4). */
export const pagePolicy = (styles: string, frames: "'none'" | '*' = "'none'"): string =>
  `default-src 'none'; script-src 'self'; style-src 'self' ${styles}; connect-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors ${frames}`

/** Somebody opened an address that is not there, rather than a program that asked for one. */
export const asksForPage = ({ method, url, headers }: FastifyRequest): boolean =>
  (method === 'GET' || method === 'HEAD') && !/^\/(api|assets)(\/|\?|$)/.test(url) && headers.accept?.includes('text/html') === true

const notBuilt = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Cairn</title></head>
<body>
<h1>The screens are not built yet</h1>
<p>Cairn takes and answers everything; only its screens are missing. <code>npm start</code> builds them before it starts, <code>npm run build</code>
beside a server that runs. Then load this page again.</p>
<p><a href="/api/docs">Documentation of the API</a></p>
</body>
</html>
`
