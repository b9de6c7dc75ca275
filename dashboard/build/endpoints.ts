import { endpoints } from '@cairn/wire/api'
import type { Plugin } from 'vite'

/**
 * `virtual:endpoints`: method and path of every endpoint, by name. The table itself carries schemas, which a page has no use for: they
 * would be 40 KB of its script.
 */
export const endpointPaths = (): Plugin => ({
  name: 'endpoint-paths',
  resolveId: (id) => (id === 'virtual:endpoints' ? '\0virtual:endpoints' : undefined),
  load(id) {
    if (id !== '\0virtual:endpoints') return undefined
    const paths = Object.fromEntries(Object.entries(endpoints).map(([name, { method, path }]) => [name, [method, path]]))
    return `export const paths = ${JSON.stringify(paths)}`
  },
})
