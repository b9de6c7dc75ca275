import { useNavigate, useSearch } from '@tanstack/react-router'

/** What is after the `?`: the whole state of a screen, so that a link shows the same thing to somebody else. */
export type Url = Readonly<Record<string, string | undefined>>

export const parseSearch = (text: string): Url => Object.fromEntries(new URLSearchParams(text))
export const stringifySearch = (search: Record<string, unknown>): string => {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) if (typeof value === 'string' && value !== '') params.set(name, value)
  return params.size === 0 ? '' : `?${params}`
}

export const useUrl = (): Url => useSearch({ strict: false })

/**
 * Changes parts of it; undefined takes a part away. A filter that is being typed replaces the entry of the history; a choice makes a new one,
 * so that Back takes it back.
 */
export const useSetUrl = (): ((changes: Url, how?: { replace?: boolean }) => void) => {
  const navigate = useNavigate()
  return (changes, { replace = false } = {}) => void navigate({ to: '.', search: (now: Url) => ({ ...now, ...changes }), replace, resetScroll: false })
}
