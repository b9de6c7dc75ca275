import type { Track } from '../more.ts'

/** Page views, of documents and of the History API: a view is another path or query; a change of the fragment alone is none. */
export function start(track: Track): void {
  let last: string | undefined
  let referrer = document.referrer
  const view = (): void => {
    const { pathname, search, href } = location
    if (last === pathname + search) return
    last = pathname + search
    track('page_viewed', { entityType: 'page', entityId: pathname, metadata: { referrer } })
    referrer = href
  }
  // The application changes its address, then its title: both belong to the view.
  const soon = (): void => void setTimeout(view)
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name]
    history[name] = function (this: History, ...args) {
      original.apply(this, args)
      soon()
    }
  }
  addEventListener('popstate', soon)
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return
    last = undefined
    view()
  })
  // Not before somebody sees it.
  if ((document as { prerendering?: boolean }).prerendering) document.addEventListener('prerenderingchange', view, { once: true })
  else view()
}
