import { onCLS, onFCP, onINP, onLCP, onTTFB, type Metric } from 'web-vitals'
import type { Track } from '../more.ts'

/** Web vitals as `web_vital_measured`, each once when its value stands; milliseconds, CLS without a unit. */
export function start(track: Track): void {
  const tell = ({ name, value, rating, navigationType }: Metric): void =>
    track('web_vital_measured', {
      entityType: 'page',
      entityId: location.pathname,
      metadata: { name, value: Math.round(value * 1_000) / 1_000, rating, navigation: navigationType },
    })
  for (const on of [onCLS, onFCP, onINP, onLCP, onTTFB]) on(tell)
}
