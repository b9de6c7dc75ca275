import { lazy, Suspense, useEffect, useState } from 'react'
import { useActivityTracker } from '@cairn/browser/react'
import { Wizard } from './wizard.tsx'

const pages = {
  '/': { name: 'Today', Page: lazy(() => import('./pages/dashboard.tsx')) },
  '/projects': { name: 'Projects', Page: lazy(() => import('./pages/projects.tsx')) },
  '/mail': { name: 'E-mail', Page: lazy(() => import('./pages/mail.tsx')) },
  '/calendar': { name: 'Calendar', Page: lazy(() => import('./pages/calendar.tsx')) },
}
type Path = keyof typeof pages

/** `path` and `user` as the server has rendered them. */
export function App({ path: first, user: known }: { path: string; user?: string }) {
  const [path, setPath] = useState(first)
  const [user, setUser] = useState(known)
  const [isPlanning, setPlanning] = useState(false)
  // #region identify
  const { reset } = useActivityTracker(user?.toLowerCase())
  // #endregion
  useEffect(() => {
    const back = () => setPath(location.pathname)
    addEventListener('popstate', back)
    return () => removeEventListener('popstate', back)
  }, [])

  const go = (to: string) => {
    history.pushState(null, '', to)
    setPath(to)
  }
  const signIn = (name: string) => {
    document.cookie = `user=${name}; path=/; samesite=lax`
    setUser(name)
  }
  // #region sign-out
  const signOut = () => {
    document.cookie = 'user=; path=/; max-age=0'
    setUser(undefined)
    reset()
  }
  // #endregion

  const { Page } = pages[path as Path] ?? pages['/']
  return (
    <>
      <header>
        <img src="/icon.svg" alt="" />
        <strong>Lodestar</strong>
        <nav>
          {Object.entries(pages).map(([to, { name }]) => (
            <a
              key={to}
              href={to}
              aria-current={to === path ? 'page' : undefined}
              onClick={(event) => {
                event.preventDefault()
                go(to)
              }}
            >
              {name}
            </a>
          ))}
        </nav>
        {user ? (
          <button type="button" className="quiet" onClick={signOut}>
            Sign out {user}
          </button>
        ) : (
          <button type="button" onClick={() => signIn('Ada')}>
            Sign in as Ada
          </button>
        )}
      </header>
      <main>
        <Suspense fallback={<p role="status">One moment …</p>}>
          <Page onPlan={() => setPlanning(true)} />
        </Suspense>
      </main>
      {isPlanning && <Wizard onClose={() => setPlanning(false)} />}
    </>
  )
}
