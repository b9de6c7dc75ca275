import { useUrl } from '../url.ts'

/** Asking again every 10 seconds, where the viewer switched that on (key R): spread into a query. Not while the page is hidden. */
export const useRefresh = (): { refetchInterval: number | false } => ({ refetchInterval: useUrl()['live'] ? 10_000 : false })
