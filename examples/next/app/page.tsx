import Link from 'next/link'
import { houses } from './houses'

export default function Houses() {
  return (
    <>
      <h1>A house in six weeks</h1>
      <p>Chosen by you, built in our hall, standing by Saturday.</p>
      <ul className="cards">
        {houses.map(({ id, name, text }) => (
          <li key={id} className="card">
            <h2>
              <Link href={`/houses/${id}`}>{name}</Link>
            </h2>
            <p>{text}</p>
          </li>
        ))}
      </ul>
    </>
  )
}
