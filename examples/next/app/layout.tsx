import Link from 'next/link'
import type { ReactNode } from 'react'
import './style.css'

export const metadata = { title: 'Nest Houses', icons: '/icon.svg' }

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <header>
          <img src="/icon.svg" alt="" />
          <strong>Nest Houses</strong>
          <Link href="/">Houses</Link>
        </header>
        <main>{children}</main>
      </body>
    </html>
  )
}
