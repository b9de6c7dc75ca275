/** Places of the nodes and bands of a flow whose depths are known. Lengths in pixels. */
interface Node {
  id: string
  label: string
  depth: number
  count: number
}
interface Link {
  source: string
  target: string
  count: number
}
interface Box extends Node {
  x: number
  y: number
  height: number
}
interface Band extends Link {
  path: string
  width: number
}

const GAP = 10
const NODE_WIDTH = 10
/** Right of the last column, for the names of its nodes. */
const NAMES = 130

export function laidOut(nodes: readonly Node[], links: readonly Link[], { width, height }: { width: number; height: number }): { boxes: Box[]; bands: Band[] } {
  const depths = [...new Set(nodes.map(({ depth }) => depth))].toSorted((a, b) => a - b)
  const columns = depths.map((depth) => nodes.filter((node) => node.depth === depth).toSorted((a, b) => b.count - a.count))
  // One scale for all columns: the fullest one fills the height.
  const scale = Math.min(...columns.map((column) => Math.max(0, height - GAP * (column.length - 1)) / Math.max(1, sumOf(column))))
  const step = depths.length > 1 ? (width - NAMES - NODE_WIDTH) / (depths.length - 1) : 0
  const boxes = columns.flatMap((column, at) => {
    let y = 0
    return column.map((node): Box => {
      const box = { ...node, x: at * step, y, height: node.count * scale }
      y += box.height + GAP
      return box
    })
  })
  const byId = new Map(boxes.map((box) => [box.id, box]))
  const [left, reached] = [new Map<string, number>(), new Map<string, number>()]
  const order = (id: string): number => byId.get(id)?.y ?? 0
  const bands = links
    .toSorted((a, b) => order(a.source) - order(b.source) || order(a.target) - order(b.target))
    .flatMap((link): Band[] => {
      const [from, to] = [byId.get(link.source), byId.get(link.target)]
      if (!from || !to) return []
      const thick = link.count * scale
      const y1 = from.y + (left.get(from.id) ?? 0) + thick / 2
      const y2 = to.y + (reached.get(to.id) ?? 0) + thick / 2
      left.set(from.id, (left.get(from.id) ?? 0) + thick)
      reached.set(to.id, (reached.get(to.id) ?? 0) + thick)
      const [x1, x2] = [from.x + NODE_WIDTH, to.x]
      const middle = (x1 + x2) / 2
      return [{ ...link, width: thick, path: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}` }]
    })
  return { boxes, bands }
}

const sumOf = (nodes: readonly Node[]): number => nodes.reduce((sum, { count }) => sum + count, 0)
