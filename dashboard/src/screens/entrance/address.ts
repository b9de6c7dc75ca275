/** `#token=…`: after the `#`, where it reaches neither the server's log nor the address of a next page. */
export const tokenOf = (hash: string): string => new URLSearchParams(hash.replace(/^#/, '')).get('token') ?? ''

/** Where to go after signing in: a path of this site. Anything else, such as `//evil.example` or `javascript:`, is not followed. */
export function safePath(next: string | undefined, hash = ''): string | undefined {
  if (!next?.startsWith('/')) return undefined
  const here = window.location.origin
  const url = URL.parse(next, here)
  if (url?.origin !== here || url.pathname.startsWith('//')) return undefined
  return url.pathname + url.search + (url.hash || hash)
}
