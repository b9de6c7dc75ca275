declare module 'virtual:endpoints' {
  import type { EndpointName } from '@cairn/wire/api'
  export const paths: Record<EndpointName, readonly [method: string, path: string]>
}
declare module '*.css'
