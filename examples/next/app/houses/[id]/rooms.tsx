// #region component
'use client'
import { useActivityTracker } from '@cairn/browser/react'

export function Rooms({ house, rooms, onChoose }: { house: string; rooms: number; onChoose: (rooms: number) => void }) {
  const { track } = useActivityTracker()
  const choose = (count: number) => {
    onChoose(count)
    track('rooms_changed', { entityType: 'house', entityId: house, metadata: { rooms: count } })
  }
  return <input type="range" aria-label="Rooms" min={1} max={9} value={rooms} onChange={(event) => choose(Number(event.target.value))} />
}
// #endregion
