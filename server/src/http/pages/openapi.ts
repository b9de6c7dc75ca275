import { endpoints } from '@cairn/wire/api'
import { shortPath, type Endpoint } from '@cairn/wire/endpoint'
import { catalogue } from '../../base/errors.ts'
import { version } from '../../base/version.ts'
import { leastRole } from '../auth.ts'

interface Schema {
  type?: string
  properties?: Record<string, object>
  required?: string[]
}

const who = (endpoint: Endpoint): string => {
  const role = leastRole(endpoint)
  const member = `somebody signed in who is ${role}${role === 'owner' ? '' : ' or more'} of the workspace that X-Cairn-Workspace names`
  const takes: Record<Endpoint['access'], string> = {
    collect: `Takes a write key or a secret key, or ${member}.`,
    person: `Takes a secret key${endpoint.writeKey ? ', a write key' : ''}, the token of a log-in for its own person, or ${member}.`,
    read: `Takes a secret key, or ${member}.`,
    manage: `Takes a secret key, or ${member}.`,
    user: 'Takes somebody signed in.',
    open: 'Takes no key.',
    local: 'From this machine without a key, from elsewhere with a secret key.',
  }
  return takes[endpoint.access]
}
/** One of them. */
const security: Record<Endpoint['access'], Array<Record<string, never[]>>> = {
  collect: [{ key: [] }, { session: [] }],
  person: [{ key: [] }, { session: [] }],
  read: [{ key: [] }, { session: [] }],
  manage: [{ key: [] }, { session: [] }],
  user: [{ session: [] }],
  open: [],
  local: [{ key: [] }, {}],
}
const takesWorkspace = ({ access }: Endpoint): boolean => access === 'collect' || access === 'person' || access === 'read' || access === 'manage'

/** By the first part of the path after /api. */
const tags: Record<string, [name: string, description: string]> = {
  events: ['Events', 'Sending events, and reading them: lists, sessions, exports, analytics, the catalogue of types, quarantine.'],
  entities: ['Entities', 'Things of the host: tasks, projects, orders; who is assigned, and what came of it. /api/tasks/… is /api/entities/task/….'],
  tasks: ['Entities', ''],
  users: ['Entities', ''],
  notifications: ['Entities', ''],
  sessions: ['Sessions', 'Runs of activity: log-ins, visits and chats; lists, figures, and what hosts tell of log-ins.'],
  baselines: ['Entities', ''],
  projects: ['Entities', ''],
  people: ['People', 'What hosts tell about people, and who was seen.'],
  insights: ['Boards', 'What analysts save: insights, dashboards and their widgets, cohorts, annotations; links by which others see a dashboard.'],
  dashboards: ['Boards', ''],
  cohorts: ['Boards', ''],
  annotations: ['Boards', ''],
  shared: ['Boards', ''],
  workspace: ['Workspace', 'Settings of a workspace.'],
  keys: ['Workspace', ''],
  members: ['Workspace', ''],
  invitations: ['Workspace', ''],
  audit: ['Workspace', ''],
  setup: ['Account', 'The people who use Cairn: the first of them, signing in, their own account.'],
  auth: ['Account', ''],
  account: ['Account', ''],
  workspaces: ['Account', ''],
  ledger: ['Operations', 'Whether everything arrives and works.'],
  refusals: ['Operations', ''],
  system: ['Operations', ''],
  health: ['Operations', ''],
  ready: ['Operations', ''],
  metrics: ['Operations', ''],
  live: ['Live', 'Who watches events as they come in. Watching is a WebSocket, which OpenAPI does not describe.'],
  demo: ['Demo', 'A month of five applications, to look at.'],
}
const tagOf = ({ path }: Endpoint): string => tags[path.split('/')[2] ?? '']?.[0] ?? 'Operations'
const workspaceHeader = {
  name: 'X-Cairn-Workspace',
  in: 'header',
  required: false,
  description: 'Slug of the workspace, for somebody signed in who is a member of several; a key has its own.',
  schema: { type: 'string', maxLength: 63 },
}
const problem = {
  type: 'object',
  required: ['success', 'message', 'code'],
  properties: {
    success: { const: false },
    message: { type: 'string', description: 'What to do about it.' },
    code: { enum: Object.keys(catalogue) },
    errors: { type: 'array', items: { type: 'object', properties: { path: { type: 'string' }, message: { type: 'string' } } } },
    newer: { type: 'object', description: 'With code conflict: what is there now, where a change was made to an older version.' },
    request_id: { type: 'string' },
  },
}

/** Each endpoint, and under its short path too where it has one. */
function* described(): Iterable<[string, Endpoint]> {
  for (const [name, endpoint] of Object.entries(endpoints) as Array<[string, Endpoint]>) {
    yield [name, endpoint]
    const short = shortPath(endpoint)
    if (short !== undefined) yield [`${name}OfTasks`, { ...endpoint, path: short }]
  }
}

/** OpenAPI 3.1 of the endpoint table: the schemas in it are the ones that check requests. */
export function openApi(publicUrl: string | undefined): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const [name, endpoint] of described()) {
    const path = endpoint.path.replace(/:(\w+)/g, '{$1}')
    const { properties = {}, required = [] } = (endpoint.query ?? {}) as Schema
    paths[path] = {
      ...paths[path],
      [endpoint.method.toLowerCase()]: {
        operationId: name,
        summary: endpoint.summary,
        description: who(endpoint),
        tags: [tagOf(endpoint)],
        security: security[endpoint.access],
        parameters: [
          ...[...endpoint.path.matchAll(/:(\w+)/g)].map((m) => ({ name: m[1], in: 'path', required: true, schema: { type: 'string', maxLength: 255 } })),
          ...Object.entries(properties).map(([parameter, schema]) => ({ name: parameter, in: 'query', required: required.includes(parameter), schema })),
          ...(takesWorkspace(endpoint) ? [workspaceHeader] : []),
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
    tags: Object.values(tags)
      .filter(([, description]) => description !== '')
      .map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: { Problem: problem },
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'A write key or a secret key of a workspace.' },
        session: { type: 'apiKey', in: 'cookie', name: 'cairn.session_token', description: 'Of somebody signed in; counts on pages of this server only.' },
      },
    },
  }
}
