// #region component
'use client'
import { useState } from 'react'
import { useActivityTracker } from '@cairn/browser/react'

export function Configurator({ id, rooms: first, user: known }: { id: string; rooms: number; user?: string }) {
  const [user, setUser] = useState(known)
  const { track, getSessionId } = useActivityTracker(user)
  // #endregion
  const [rooms, setRooms] = useState(first)
  const [isOrdered, setOrdered] = useState(false)
  const price = 40_000 + rooms * 32_000

  // #region component
  const choose = (count: number) => {
    setRooms(count)
    track('rooms_changed', { entityType: 'house', entityId: id, metadata: { rooms: count } })
  }
  // #endregion
  const order = async (form: FormData) => {
    const name = String(form.get('name')).toLowerCase()
    document.cookie = `user=${name}; path=/; samesite=lax`
    setUser(name)
    // #region session
    const response = await fetch(`/api/houses/${id}/orders`, {
      method: 'POST',
      headers: { 'X-Session': getSessionId() },
      body: JSON.stringify({ rooms, price }),
    })
    // #endregion
    setOrdered(response.ok)
  }

  if (isOrdered) return <p role="status">Ordered. We shall call on Monday.</p>
  return (
    <form action={order} className="card">
      <label>
        Rooms: {rooms}
        <input type="range" min={1} max={9} value={rooms} onChange={(event) => choose(Number(event.target.value))} />
      </label>
      <strong>€{price.toLocaleString('en')}</strong>
      <input name="name" aria-label="Your name" placeholder="Ada" required />
      <button>Order</button>
    </form>
  )
}
