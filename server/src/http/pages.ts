import { readFileSync } from 'node:fs'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { openApi } from './openapi.ts'

const file = (name: string): string => readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8')
const csp =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** The first page, which shows events arriving, and the browsable documentation of the API. */
export async function servePages(app: FastifyInstance, publicUrl: string | undefined): Promise<void> {
  const document = openApi(publicUrl)
  app.get('/api/openapi.json', async () => document)
  const pages = [
    ['/', 'text/html; charset=utf-8', file('index.html')],
    ['/page/page.js', 'text/javascript; charset=utf-8', file('page.js')],
    ['/page/page.css', 'text/css; charset=utf-8', file('page.css')],
    ['/favicon.svg', 'image/svg+xml', file('favicon.svg')],
  ] as const
  for (const [url, type, content] of pages) {
    app.get(url, async (_request, reply) => reply.type(type).header('Content-Security-Policy', csp).header('Cache-Control', 'no-cache').send(content))
  }
  await app.register(swagger, { mode: 'static', specification: { document: document as never } })
  await app.register(swaggerUi, { routePrefix: '/api/docs', staticCSP: csp, uiConfig: { docExpansion: 'list', tryItOutEnabled: false } })
}
