import { pagePath } from '../page.ts'
import type { Track } from '../more.ts'

/**
 * How far down somebody scrolled, in quarters of the page: `page_scrolled` when the page is left or out of sight, with the deepest quarter that
 * was in sight; again only where it is deeper than what was told. Scrolling within an element does not count.
 */
export function start(track: Track): void {
  let deepest = 0
  let told = 0
  let path = pagePath()
  let isAsked = false
  const tell = (): void => {
    if (deepest > told) track('page_scrolled', { entityType: 'page', entityId: path, metadata: { percent: deepest } })
    told = deepest
    if (path === pagePath()) return
    path = pagePath()
    deepest = told = 0
  }
  const look = (): void => {
    isAsked = false
    if (path !== pagePath()) tell()
    const { scrollHeight, clientHeight } = document.documentElement
    // Zoomed pages end a part of a pixel too early.
    deepest = Math.max(deepest, Math.floor(Math.min(1, (scrollY + clientHeight + 1) / scrollHeight) * 4) * 25)
  }
  addEventListener(
    'scroll',
    () => {
      if (!isAsked) requestAnimationFrame(look)
      isAsked = true
    },
    { passive: true },
  )
  // Before the tracker sends what it has, which it does when the page is hidden.
  document.addEventListener('visibilitychange', () => document.hidden && tell(), { capture: true })
}
