import { cookies } from 'next/headers'
import { notFound } from 'next/navigation'
import { houses } from '../../houses'
import { Configurator } from './configurator'

export default async function House({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params
  const house = houses.find((other) => other.id === id)
  if (!house) notFound()
  const user = (await cookies()).get('user')?.value
  return (
    <>
      <h1>{house.name}</h1>
      <p>{house.text}</p>
      <Configurator id={id} rooms={house.rooms} user={user} />
    </>
  )
}
