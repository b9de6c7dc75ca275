'use client'
import { useState } from 'react'
import { useActivityTracker } from '@cairn/browser/react'
import { Rooms } from './rooms'

export function Configurator({ id, rooms: first, user: known }: { id: string; rooms: number; user?: string }) {
  // #region identify
  const [user, setUser] = useState(known)
  const { getSessionId } = useActivityTracker(user)
  // #endregion
  const [rooms, setRooms] = useState(first)
  const [isOrdered, setOrdered] = useState(false)
  const price = 40_000 + rooms * 32_000

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
        <Rooms house={id} rooms={rooms} onChoose={setRooms} />
      </label>
      <strong>€{price.toLocaleString('en')}</strong>
      <input name="name" aria-label="Your name" placeholder="Ada" required />
      <button>Order</button>
    </form>
  )
}
