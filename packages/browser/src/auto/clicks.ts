import type { Track } from '../more.ts'

/**
 * Clicks and selections on what has a name: `data-cairn-track="plan_chosen"` is the event's type (default `element_clicked`,
 * `element_selected`), every other `data-cairn-<name>` is a property. Beside those, links and buttons by what they are, never by what a person
 * has entered. Nothing within `data-cairn-mask` is read. Three clicks on one place within a second are `rage_clicked`.
 */
const NEAR_PX = 30
const RAGE_MS = 1_000

export function start(track: Track): void {
  let recent: { x: number; y: number; at: number }[] = []
  document.addEventListener(
    'click',
    (event) => {
      const { clientX: x, clientY: y, timeStamp: at } = event
      recent = [...recent.filter((click) => at - click.at < RAGE_MS && Math.hypot(click.x - x, click.y - y) < NEAR_PX), { x, y, at }]
      const element = namedFor(event.target)
      if (element) track(element.dataset['cairnTrack'] || 'element_clicked', { metadata: describe(element) })
      if (recent.length === 3) track('rage_clicked', { metadata: element ? describe(element) : { tag: tagOf(event.target) } })
    },
    { capture: true, passive: true },
  )
  document.addEventListener(
    'change',
    ({ target }) => {
      const element = target instanceof Element ? target.closest<HTMLElement>('[data-cairn-track]') : null
      if (!element || !(target instanceof HTMLElement) || isMasked(target) || !isChoice(target)) return
      track(element.dataset['cairnTrack'] || 'element_selected', { metadata: { ...describe(element), ...chosen(target) } })
    },
    { capture: true, passive: true },
  )
}

const isMasked = (element: Element): boolean => element.closest('[data-cairn-mask]') !== null
const tagOf = (target: EventTarget | null): string => (target instanceof Element ? target.tagName.toLowerCase() : '')
/** Choices have values that the page wrote; what is typed is never read. */
const isChoice = (element: HTMLElement): boolean => element.matches('select, input[type=radio], input[type=checkbox]')

function namedFor(target: EventTarget | null): HTMLElement | undefined {
  const element = target instanceof Element ? target.closest<HTMLElement>('[data-cairn-track], a[href], button, [role=button], summary') : null
  // A field that is chosen in tells by its change.
  return element && !isMasked(element) && !isChoice(element) && !(target instanceof HTMLElement && isChoice(target)) ? element : undefined
}

function describe(element: HTMLElement): Record<string, string> {
  const found: Record<string, string> = { tag: tagOf(element) }
  if (element.id) found['id'] = element.id
  if (element instanceof HTMLAnchorElement) found['href'] = element.origin + element.pathname
  if (!element.querySelector('input, textarea, select, [contenteditable], [data-cairn-mask]')) found['text'] = element.textContent.trim().slice(0, 100)
  for (const [key, value] of Object.entries(element.dataset)) {
    if (value !== undefined && key.startsWith('cairn') && key !== 'cairnTrack') found[key.slice(5).toLowerCase()] = value
  }
  return found
}

function chosen(element: HTMLElement): Record<string, unknown> {
  if (element instanceof HTMLSelectElement) return { name: element.name, value: element.value }
  if (element instanceof HTMLInputElement) return { name: element.name, value: element.value, checked: element.checked }
  return {}
}
