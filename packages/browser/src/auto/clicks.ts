import { bare } from '../page.ts'
import type { Track } from '../more.ts'

/**
 * Clicks and selections on what has a name: `data-cairn-track="plan_chosen"` is the event's type (default `element_clicked`,
 * `element_selected`), every other `data-cairn-<name>` is a property. Beside those, links and buttons that have an id.
 *
 * Read are attributes that the page's author wrote: id, href without its query, `data-cairn-*`. Never text, label, title or value, which may
 * show what a person has entered; but for a select, radio button or checkbox that has `data-cairn-track` itself, whose values are the page's.
 * Of what is in a mask, in a password or hidden field, or in a field for a bank card nothing at all is read. A shadow root is read as its host.
 *
 * Three clicks on one place within a second are `rage_clicked`, but not where they select text or are in a field.
 */
const NEAR_PX = 30
const RAGE_MS = 1_000
const secret = '[data-cairn-mask], input[type=password], input[type=hidden], [autocomplete*=password], [autocomplete*=one-time-code], [autocomplete*=cc-]'
const field = 'input, textarea, select, [contenteditable]'
const choice = 'select, input[type=radio], input[type=checkbox]'

export function start(track: Track): void {
  let recent: { x: number; y: number; at: number }[] = []
  const listen = (name: 'click' | 'change', tell: (event: Event, target: Element) => void): void =>
    document.addEventListener(name, (event) => event.target instanceof Element && tell(event, event.target), { capture: true, passive: true })

  listen('click', (event, target) => {
    const element = isSecret(event) ? null : target.closest('[data-cairn-track], a[href], button[id], [role=button][id], summary[id]')
    // A choice tells by its change.
    if (element && !target.closest(choice)) track(typeOf(element) || 'element_clicked', { metadata: describe(element) })
    if (!(event instanceof MouseEvent) || !isPress(event) || target.closest(field)) return
    const { clientX: x, clientY: y, timeStamp: at } = event
    recent = [...recent.filter((click) => at - click.at < RAGE_MS && Math.hypot(click.x - x, click.y - y) < NEAR_PX), { x, y, at }]
    if (recent.length === 3 && getSelection()?.isCollapsed !== false) track('rage_clicked', { metadata: isSecret(event) ? {} : describe(element ?? target) })
  })
  listen('change', (event, target) => {
    if (isSecret(event) || !target.matches(choice) || !target.matches('[data-cairn-track]')) return
    track(typeOf(target) || 'element_selected', { metadata: { ...describe(target), ...chosen(target) } })
  })
}

/** Also where the mask is in a shadow tree around what was put into its slot. */
const isSecret = (event: Event): boolean => event.composedPath().some((node) => node instanceof Element && node.matches(secret))
/** By a hand: keys and scripts click without a count. */
const isPress = ({ isTrusted, detail }: MouseEvent): boolean => isTrusted && detail > 0

const typeOf = (element: Element): string | null => element.getAttribute('data-cairn-track')

// A form's own properties may be its fields, as with <input name="id">: attributes are what they are.
function describe(element: Element): Record<string, string> {
  const found: Record<string, string> = { tag: element.localName }
  const id = element.getAttribute('id')
  if (id) found['id'] = id
  // Not mailto:, tel: or javascript:, whose path may say anything.
  if (element instanceof HTMLAnchorElement && /^https?:$/.test(element.protocol)) found['href'] = bare(element.origin + element.pathname)
  for (const name of element.getAttributeNames()) {
    if (name.startsWith('data-cairn-') && name !== 'data-cairn-track') found[name.slice(11).replaceAll('-', '_')] = element.getAttribute(name) ?? ''
  }
  return found
}

function chosen(element: Element): Record<string, unknown> {
  if (element instanceof HTMLSelectElement) return { name: element.name, value: element.value }
  if (element instanceof HTMLInputElement) return { name: element.name, value: element.value, checked: element.checked }
  return {}
}
