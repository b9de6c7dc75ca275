import { bare, pagePath } from '../page.ts'
import type { Track } from '../more.ts'

/**
 * Page views, of documents and of the History API: a view is another path or query. A change of the fragment alone is none, nor is a query that
 * an application rewrites in place, as a search does with every key.
 */
export function start(track: Track): void {
  let path = ''
  let search = ''
  let { referrer } = document
  const view = (): void => {
    // Not before somebody sees it.
    if ((document as { prerendering?: boolean }).prerendering || (path === location.pathname && search === location.search)) return
    ;({ pathname: path, search } = location)
    track('page_viewed', { entityType: 'page', entityId: pagePath(), metadata: { referrer: bare(referrer) } })
    referrer = location.href
  }
  // The application changes its address, then its title: both belong to the view.
  const soon = (): void => void setTimeout(view)
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name]
    history[name] = function (this: History, ...args) {
      original.apply(this, args)
      if (name === 'replaceState' && path === location.pathname) ({ search } = location)
      soon()
    }
  }
  addEventListener('popstate', soon)
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return
    path = ''
    view()
  })
  document.addEventListener('prerenderingchange', view)
  view()
}
