import { onCLS, onFCP, onINP, onLCP, onTTFB, type Metric } from 'web-vitals'
import { pagePath } from '../page.ts'
import type { Track } from '../more.ts'

/** Web vitals of the page that was loaded, as `web_vital_measured`, each once when its value stands; milliseconds, CLS without a unit. */
export function start(track: Track): void {
  const path = pagePath()
  const tell = ({ name, value, rating, navigationType }: Metric): void =>
    track('web_vital_measured', {
      entityType: 'page',
      entityId: path,
      metadata: { name, value: Math.round(value * 1_000) / 1_000, rating, navigation: navigationType },
    })
  for (const on of [onCLS, onFCP, onINP, onLCP, onTTFB]) on(tell)
}
