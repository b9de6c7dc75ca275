import { useEffect, useState } from 'react'

/**
 * For what stands above the screen as long as it is rendered: the focus goes back to where it was, or to the screen where that is gone. Mantine
 * does so only for a dialog that was there before it was opened.
 */
export function useFocusBack(): void {
  const [before] = useState(() => document.activeElement)
  useEffect(
    () => () => {
      const next = before?.isConnected && before !== document.body ? before : document.querySelector('main')
      if (next instanceof HTMLElement) next.focus({ preventScroll: true })
    },
    [before],
  )
}

/** As a `ref`: what appears takes the focus. */
export const focusIt = (element: HTMLElement | null): void => element?.focus()
