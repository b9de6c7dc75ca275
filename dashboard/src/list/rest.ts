import { useLayoutEffect, useState, type RefObject } from 'react'

/** Where little is left, the page scrolls to a frame of this share of the window. */
const LEAST_SHARE = 0.65

/** Height of what is left of the window below the top of an element, measured again when what stands above it changes. */
export function useRest(element: RefObject<HTMLElement | null>, below: number): number {
  const [height, setHeight] = useState(() => window.innerHeight * LEAST_SHARE)
  useLayoutEffect(() => {
    const measure = (): void => {
      if (!element.current) return
      const top = element.current.getBoundingClientRect().top + window.scrollY
      setHeight(Math.round(Math.max(window.innerHeight - top - below, window.innerHeight * LEAST_SHARE)))
    }
    measure()
    const observer = new ResizeObserver(measure)
    if (element.current?.parentElement) observer.observe(element.current.parentElement)
    window.addEventListener('resize', measure)
    return () => {
      observer.disconnect()
      window.removeEventListener('resize', measure)
    }
  }, [element, below])
  return height
}
