import type { Track } from '../more.ts'

/** How far down somebody came, in quarters of the page: `page_scrolled` once a page when it is left, with the deepest quarter that was in sight. */
export function start(track: Track): void {
  let deepest = 0
  let path = location.pathname
  let isAsked = false
  const look = (): void => {
    isAsked = false
    const { scrollHeight, clientHeight } = document.documentElement
    deepest = Math.max(deepest, Math.min(1, (scrollY + clientHeight) / scrollHeight))
    if (path !== location.pathname) tell()
  }
  const tell = (): void => {
    const percent = Math.floor(deepest * 4) * 25
    if (percent > 0) track('page_scrolled', { entityType: 'page', entityId: path, metadata: { percent } })
    deepest = 0
    path = location.pathname
  }
  addEventListener(
    'scroll',
    () => {
      if (!isAsked) requestAnimationFrame(look)
      isAsked = true
    },
    { passive: true },
  )
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') tell()
  })
}
