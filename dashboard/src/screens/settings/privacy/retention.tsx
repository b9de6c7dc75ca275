import { texts } from '../../../texts/texts.ts'
import { useFormat } from '../../../ui/format.ts'
import type { WorkspaceSettings } from '../use-settings.ts'
import { Age } from './age.tsx'

const t = texts.settings.privacy
const DEFAULT_DAYS = 365

/** After how many days events are removed. */
export function Retention({ settings: { retention_days: kept } }: { settings: WorkspaceSettings }) {
  const { number } = useFormat()
  return (
    <Age
      title={t.retention}
      never={{ value: 'forever', label: t.forever, hint: t.foreverHint }}
      days={{ label: t.days, hint: t.daysHint, first: DEFAULT_DAYS }}
      kept={kept}
      told={kept === 'forever' ? t.keptForever : t.keptDays(number(kept))}
      patch={(next) => ({ retention_days: next })}
    />
  )
}
