import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useWorkspace } from '../account.tsx'
import { ask } from '../api/queries.ts'
import { RangeControl } from '../range/range-control.tsx'
import { useRefresh } from '../range/refresh.ts'
import { useRange } from '../range/use-range.ts'
import { texts } from '../texts/texts.ts'
import { Faces, Waiting } from '../ui/faces.tsx'
import { Screen } from '../ui/screen.tsx'
import { useUrl } from '../url.ts'
import { Capture } from './health/capture.tsx'
import { Delivery } from './health/delivery.tsx'
import { isLines } from './health/lines.ts'
import { Machine, MachineWaiting } from './health/machine.tsx'
import { Parts, PartsWaiting } from './health/parts.tsx'
import { Readiness } from './health/readiness.tsx'
import { Reasons } from './health/reasons.tsx'
import { LedgerWaiting } from './health/pieces.tsx'
import { askHealth } from './health/state.ts'
import { Tracking } from './health/tracking.tsx'

const t = texts.operations.health

export function Health() {
  const { slug } = useWorkspace()
  const { asked } = useRange()
  const { by } = useUrl()
  const refresh = useRefresh()
  const lines = isLines(by) ? by : 'day'
  const health = useQuery(askHealth())
  const system = useQuery({ ...ask('system', { workspace: slug }), ...refresh })
  const ledger = useQuery({ ...ask('ledger', { workspace: slug, query: { ...asked, by: lines === 'hour' ? 'hour' : 'day' } }), ...refresh })
  const tracking = useQuery({ ...ask('trackingHealth', { workspace: slug }), ...refresh })
  const readiness = useQuery({ ...ask('readiness', { workspace: slug }), ...refresh })
  return (
    <Screen title={t.title} lead={t.lead} actions={<RangeControl />}>
      <Faces of={health} waiting={<PartsWaiting />}>
        {(answer) => <Parts health={answer} reached={health.error === null} />}
      </Faces>
      <Faces of={ledger} waiting={<LedgerWaiting />}>
        {(answer) => (
          <Stack gap="lg">
            <Delivery ledger={answer} lines={lines} />
            <Reasons total={answer.total} />
            <Capture ledger={answer} />
          </Stack>
        )}
      </Faces>
      <Faces of={tracking} waiting={<Waiting rows={1} height={104} />}>
        {(answer) => <Tracking tracking={answer} />}
      </Faces>
      <Faces of={readiness} waiting={<Waiting rows={1} height={280} />}>
        {(answer) => <Readiness readiness={answer} />}
      </Faces>
      <Faces of={system} waiting={<MachineWaiting />}>
        {(answer) => <Machine system={answer} />}
      </Faces>
    </Screen>
  )
}
