import { useLocation, useParams } from '@tanstack/react-router'
import { stringifySearch, useUrl } from '../../url.ts'
import { filterOf } from './filter.ts'

/** Addresses within the workspace that is open. */
export function useAddresses() {
  const { workspace } = useParams({ strict: false }) as { workspace: string }
  const url = useUrl()
  const path = useLocation({ select: (location) => location.pathname })
  const base = `/w/${workspace}`
  const isEvents = path === `${base}/events`
  return {
    events: (search: Record<string, string>) => ({ to: `${base}/events`, search }),
    person: (id: string) => ({ to: `${base}/people/${encodeURIComponent(id)}` }),
    /** One more condition: beside those of the events' screen where that is open. */
    narrowed: (name: string, value: string) => ({
      to: `${base}/events`,
      search: { ...(isEvents ? { ...rangeOf(url), ...filterOf(url) } : {}), [name]: value },
    }),
    /** Of this screen with something changed, as a link that can be opened elsewhere. */
    here: (changes: Record<string, string | undefined>): string => path + stringifySearch({ ...url, ...changes }),
  }
}

const rangeOf = ({ range, from, to }: ReturnType<typeof useUrl>): Record<string, string> => ({
  ...(range ? { range } : {}),
  ...(from ? { from } : {}),
  ...(to ? { to } : {}),
})
