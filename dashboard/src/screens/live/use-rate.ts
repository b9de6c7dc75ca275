import { useEffect, useRef, useState } from 'react'

const SECONDS = 10

/** Events a second, as the mean of the last ten seconds. */
export function useRate(): { rate: number; count: (events: number) => void } {
  const [rate, setRate] = useState(0)
  const seconds = useRef<number[]>([0])
  useEffect(() => {
    const timer = setInterval(() => {
      setRate(seconds.current.reduce((sum, n) => sum + n, 0) / seconds.current.length)
      seconds.current = [0, ...seconds.current].slice(0, SECONDS)
    }, 1_000)
    return () => clearInterval(timer)
  }, [])
  return { rate, count: (events) => void (seconds.current[0] = (seconds.current[0] ?? 0) + events) }
}
