/** Twice as fine as a screen of its width. */
const FINE = 2
const MARGIN = 16
/** What a picture outside of the page has no style sheet for. */
const STYLES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-opacity',
  'opacity',
  'color',
  'font-size',
  'font-family',
  'font-weight',
  'paint-order',
  'text-anchor',
  'dominant-baseline',
] as const
/** Words for screen readers alone, and buttons that a picture has no use for. */
const LEFT_OUT = '.only-read, button[aria-expanded]'

/**
 * What stands within an element as a picture, in the colours it has on the screen: grounds, drawings and words, each at its place. Throws where
 * the browser has no memory for one so large.
 */
export async function pngOf(within: Element): Promise<Blob> {
  const frame = within.getBoundingClientRect()
  // What is wider than its frame is moved within it on the screen; a picture holds all of it.
  const width = Math.max(frame.width, ...[...within.querySelectorAll('svg, table')].map((part) => part.getBoundingClientRect().right - frame.left))
  const canvas = document.createElement('canvas')
  canvas.width = (width + 2 * MARGIN) * FINE
  canvas.height = (frame.height + 2 * MARGIN) * FINE
  const context = canvas.getContext('2d')
  if (!context) throw new Error('no canvas')
  context.scale(FINE, FINE)
  context.fillStyle = getComputedStyle(within).getPropertyValue('--cairn-surface')
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.translate(MARGIN - frame.left, MARGIN - frame.top)
  const nodes = document.createTreeWalker(within, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
  for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
    const element = node instanceof Element ? node : node.parentElement
    if (!element || element.closest(LEFT_OUT) || element.closest('svg') !== (element instanceof SVGSVGElement ? element : null)) continue
    if (element instanceof SVGSVGElement) await draw(context, element)
    else if (node instanceof Text) write(context, node, getComputedStyle(element))
    else fill(context, element)
  }
  return await new Promise<Blob>((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error('no picture'))), 'image/png'))
}

function fill(context: CanvasRenderingContext2D, element: Element): void {
  const { backgroundColor, opacity } = getComputedStyle(element)
  const { left, top, width, height } = element.getBoundingClientRect()
  context.globalAlpha = Number(opacity)
  context.fillStyle = backgroundColor
  context.fillRect(left, top, width, height)
  context.globalAlpha = 1
}

/** Word by word, since lines break where the page breaks them. */
function write(context: CanvasRenderingContext2D, node: Text, { color, fontWeight, fontSize, fontFamily }: CSSStyleDeclaration): void {
  context.font = `${fontWeight} ${fontSize} ${fontFamily}`
  context.fillStyle = color
  context.textBaseline = 'middle'
  for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
    const range = document.createRange()
    range.setStart(node, index)
    range.setEnd(node, index + word.length)
    const { left, top, height } = range.getBoundingClientRect()
    context.fillText(word, left, top + height / 2)
  }
}

async function draw(context: CanvasRenderingContext2D, drawing: SVGSVGElement): Promise<void> {
  const { left, top, width, height } = drawing.getBoundingClientRect()
  const copy = drawing.cloneNode(true) as SVGSVGElement
  const originals = [drawing, ...drawing.querySelectorAll('*')]
  for (const [i, element] of [copy, ...copy.querySelectorAll('*')].entries()) {
    const original = originals[i]
    if (!original) continue
    const style = getComputedStyle(original)
    for (const name of STYLES) element.setAttribute(name, style.getPropertyValue(name))
    element.removeAttribute('class')
    element.removeAttribute('style')
  }
  copy.setAttribute('width', `${width}`)
  copy.setAttribute('height', `${height}`)
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  const picture = new Image()
  // The policy takes pictures of the page itself and of data:, and no blob:.
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`
  await picture.decode()
  context.drawImage(picture, left, top, width, height)
}
