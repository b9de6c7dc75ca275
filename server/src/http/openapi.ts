import { endpoints, type Endpoint } from '@cairn/wire/api'
import { catalogue } from '../base/errors.ts'
import { version } from '../base/version.ts'

interface Schema {
  type?: string
  properties?: Record<string, object>
  required?: string[]
}

const who: Record<Endpoint['access'], string> = {
  collect: 'Takes a write key or a secret key.',
  read: 'Takes a secret key.',
  manage: 'Takes a secret key.',
  open: 'Takes no key.',
  local: 'From this machine without a key, from elsewhere with a secret key.',
}
const problem = {
  type: 'object',
  required: ['success', 'message', 'code'],
  properties: {
    success: { const: false },
    message: { type: 'string', description: 'What to do about it.' },
    code: { enum: Object.keys(catalogue) },
    errors: { type: 'array', items: { type: 'object', properties: { path: { type: 'string' }, message: { type: 'string' } } } },
    request_id: { type: 'string' },
  },
}

/** OpenAPI 3.1 of the endpoint table: the schemas in it are the ones that check requests. */
export function openApi(publicUrl: string | undefined): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const [name, endpoint] of Object.entries(endpoints) as Array<[string, Endpoint]>) {
    const path = endpoint.path.replace(/:(\w+)/g, '{$1}')
    const { properties = {}, required = [] } = (endpoint.query ?? {}) as Schema
    paths[path] = {
      ...paths[path],
      [endpoint.method.toLowerCase()]: {
        operationId: name,
        summary: endpoint.summary,
        description: who[endpoint.access],
        tags: [endpoint.path.split('/')[2] ?? 'api'],
        security: endpoint.access === 'open' ? [] : [{ key: [] }],
        parameters: [
          ...[...endpoint.path.matchAll(/:(\w+)/g)].map((m) => ({ name: m[1], in: 'path', required: true, schema: { type: 'string', maxLength: 255 } })),
          ...Object.entries(properties).map(([parameter, schema]) => ({ name: parameter, in: 'query', required: required.includes(parameter), schema })),
        ],
        ...(endpoint.body ? { requestBody: { required: true, content: { 'application/json': { schema: endpoint.body } } } } : {}),
        responses: {
          200: { description: 'Done.', content: { 'application/json': { schema: endpoint.answer } } },
          default: { description: 'What is wrong, and what to do.', content: { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } } },
        },
      },
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Cairn',
      version,
      description: 'A self-hosted record of what people do in a product, and the analyses made from it.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: publicUrl ?? '/' }],
    paths,
    components: { schemas: { Problem: problem }, securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
  }
}
