import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { openApi } from './openapi.ts'
import { pagePolicy } from './screens.ts'

/** Swagger UI's one inline style, by its hash; test/pages.test.ts fails where a new version has another. */
const ownStyle = "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='"

/** OpenAPI of the endpoint table, and the same to browse. */
export async function serveDocumentation(app: FastifyInstance, publicUrl: string | undefined): Promise<void> {
  const document = openApi(publicUrl)
  app.get('/api/openapi.json', async () => document)
  await app.register(swagger, { mode: 'static', specification: { document: document as never } })
  await app.register(swaggerUi, { routePrefix: '/api/docs', staticCSP: pagePolicy(ownStyle), uiConfig: { docExpansion: 'list', tryItOutEnabled: false } })
}
