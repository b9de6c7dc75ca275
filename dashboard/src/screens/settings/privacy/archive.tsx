import { texts } from '../../../texts/texts.ts'
import { useFormat } from '../../../ui/format.ts'
import type { WorkspaceSettings } from '../use-settings.ts'
import { Age } from './age.tsx'

const t = texts.settings.privacy
/** Six months, where somebody chooses to archive at all. */
const DEFAULT_DAYS = 180

/** After how many days a month becomes a file. */
export function Archive({ settings: { archive_days: kept } }: { settings: WorkspaceSettings }) {
  const { number } = useFormat()
  return (
    <Age
      title={t.archive}
      lead={t.archiveLead}
      never={{ value: 'never', label: t.never, hint: t.neverHint }}
      days={{ label: t.archiveDays, hint: t.archiveDaysHint, first: DEFAULT_DAYS }}
      kept={kept}
      told={kept === 'never' ? t.archivedNever : t.archivedDays(number(kept))}
      patch={(next) => ({ archive_days: next })}
    />
  )
}
