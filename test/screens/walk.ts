import type { Page } from 'playwright-core'

/** More than any screen has: a list is one stop, not one for each row. */
const MOST_STOPS = 150
const AT_ONCE = 10

interface Walked {
  missed: string[]
  unseen: string[]
}

/** Presses Tab from the beginning of the content, or of the dialog that stands before it, to its end; says what it did not come to, and what did not show the focus. */
export async function walk(page: Page): Promise<Walked> {
  await page.evaluate(() => {
    const within = document.querySelector('[role=dialog]') ?? document.querySelector('main') ?? document.body
    const controls = 'a[href], button, input, select, textarea, summary, [role=button], [role=switch], [role=checkbox]'
    const left = new Set<Element>()
    for (const element of within.querySelectorAll<HTMLElement>(controls)) {
      const isOff = element.matches(':disabled, [aria-disabled=true]') || element.closest('[inert], [aria-hidden=true]') !== null
      // Of a list one is a stop, and arrows go on from there; radio buttons are so by themselves.
      const list = element.tabIndex === -1 ? element.closest('[role=table], [role=grid], [role=list], table, ul, ol') : null
      const isOneOfList = (list?.querySelector('[tabindex="0"]') ?? null) !== null || element.matches('[type=radio]')
      if (!isOff && !isOneOfList && element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })) left.add(element)
    }
    const unseen: string[] = []
    let ended = false
    const nameOf = (element: Element): string =>
      `${element.tagName.toLowerCase()} ${element.getAttribute('aria-label') ?? ''} ${element.textContent.slice(0, 40)} ${element.className.slice(0, 60)}`
    const shows = (element: Element | null): boolean =>
      element !== null &&
      [undefined, '::after'].some((part) => getComputedStyle(element, part).outlineStyle !== 'none' && getComputedStyle(element, part).outlineWidth !== '0px')
    const seen = new Set<Element>()
    addEventListener('focusin', ({ target }) => {
      // The screen itself takes the focus too, but is no stop.
      if (!(target instanceof HTMLElement) || ended || target.tabIndex < 0) return
      if (seen.has(target) || !within.contains(target)) ended = seen.size > 0
      if (ended || !within.contains(target)) return
      seen.add(target)
      left.delete(target)
      if (!shows(target) && !shows(target.parentElement)) unseen.push(nameOf(target))
    })
    // Past the last stop the focus leaves the page, and no other comes.
    document.addEventListener('focusout', ({ relatedTarget }) => {
      if (relatedTarget === null && seen.size > 0) setTimeout(() => (ended ||= document.activeElement === document.body), 0)
    })
    Object.assign(globalThis, { walked: () => ({ ended, missed: [...left].filter((element) => element.isConnected).map(nameOf), unseen }) })
    // A field that has the focus from the beginning is come to.
    if (document.activeElement) left.delete(document.activeElement)
    if (!within.contains(document.activeElement) && within instanceof HTMLElement) within.focus()
  })
  for (let stops = 0; stops < MOST_STOPS; stops += AT_ONCE) {
    for (let i = 0; i < AT_ONCE; i++) await page.keyboard.press('Tab')
    const { ended, ...walked } = await page.evaluate(() => (globalThis as unknown as { walked(): Walked & { ended: boolean } }).walked())
    if (ended || walked.missed.length === 0) return walked
  }
  throw new Error(`over ${MOST_STOPS} stops`)
}
