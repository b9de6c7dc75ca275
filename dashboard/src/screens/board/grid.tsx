import { Text, UnstyledButton } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { useEffect, useRef, useState, type CSSProperties, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react'
import { texts } from '../../texts/texts.ts'
import classes from './board.module.css'
import { arranged, COLUMNS, inReadingOrder, type Place } from './places.ts'

const t = texts.boards.grid
/** Height of a row and room between cells, in pixels; the style sheet has them too. */
const ROW = 76
const GAP = 12

interface Props {
  places: readonly Place[]
  /** How each is called, for those who move it without seeing it. */
  nameOf: (id: string) => string
  isEdited: boolean
  change: (places: Place[]) => void
  children: (id: string) => ReactNode
}

/**
 * Widgets on the grid; on a phone one below the other. While it is edited each has two handles: dragged, or moved by arrow keys, one moves the
 * widget and the other its corner.
 */
export function Grid({ places, nameOf, isEdited, change, children }: Props) {
  const { ref, width } = useElementSize()
  const [dragged, setDragged] = useState<Place[]>()
  const [told, setTold] = useState('')
  const cell = (width - GAP * (COLUMNS - 1)) / COLUMNS + GAP
  const shown = dragged ?? places
  // Keys come faster than the page is drawn.
  const latest = useRef(places)
  useEffect(() => {
    latest.current = places
  }, [places])

  const onKeyDown = (id: string, part: Part) => (event: KeyboardEvent) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key]
    const place = latest.current.find((one) => one.id === id)
    if (!step || !place) return
    event.preventDefault()
    // The same keys shift the range of the screen.
    event.stopPropagation()
    const next = arranged(latest.current, moved(place, part, step[0] ?? 0, step[1] ?? 0))
    const now = next.find((one) => one.id === id) ?? place
    setTold(t.told(nameOf(id), now.x + 1, now.y + 1, now.w, now.h))
    latest.current = next
    change(next)
  }
  const onPointerDown = (id: string, part: Part) => (down: PointerEvent<HTMLElement>) => {
    const place = places.find((one) => one.id === id)
    if (!place || down.button !== 0) return
    const handle = down.currentTarget
    handle.setPointerCapture(down.pointerId)
    let last: Place[] | undefined
    const move = (event: globalThis.PointerEvent): void => {
      last = arranged(places, moved(place, part, Math.round((event.clientX - down.clientX) / cell), Math.round((event.clientY - down.clientY) / (ROW + GAP))))
      setDragged(last)
    }
    const end = (event: globalThis.PointerEvent): void => {
      handle.removeEventListener('pointermove', move)
      handle.removeEventListener('pointerup', end)
      handle.removeEventListener('pointercancel', end)
      setDragged(undefined)
      if (last && event.type === 'pointerup') change(last)
    }
    handle.addEventListener('pointermove', move)
    handle.addEventListener('pointerup', end)
    handle.addEventListener('pointercancel', end)
  }
  return (
    <div ref={ref} className={classes['grid']}>
      {inReadingOrder(shown).map(({ id, x, y, w, h }) => (
        <div
          key={id}
          className={classes['cell']}
          style={{ '--x': x + 1, '--y': y + 1, '--w': w, '--h': h } as CSSProperties}
          data-edited={isEdited || undefined}
        >
          {children(id)}
          {isEdited &&
            parts.map((part) => (
              <UnstyledButton
                key={part}
                className={classes[part]}
                aria-label={t[part](nameOf(id))}
                title={t.keys}
                onKeyDown={onKeyDown(id, part)}
                onPointerDown={onPointerDown(id, part)}
              >
                <span aria-hidden="true">{part === 'move' ? '⠿' : '◢'}</span>
              </UnstyledButton>
            ))}
        </div>
      ))}
      <Text className="only-read" role="status">
        {told}
      </Text>
    </div>
  )
}

const parts = ['move', 'resize'] as const
type Part = (typeof parts)[number]
const moved = (place: Place, part: Part, right: number, down: number): Place =>
  part === 'move' ? { ...place, x: place.x + right, y: place.y + down } : { ...place, w: Math.min(COLUMNS - place.x, place.w + right), h: place.h + down }
