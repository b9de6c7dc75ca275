import { Button, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../account.tsx'
import { ask } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import { Empty, Faces, Waiting } from '../ui/faces.tsx'
import { Section } from '../ui/section.tsx'
import { AdminsOnly, Settings } from './settings/frame.tsx'
import { NewKey } from './settings/keys/new-key.tsx'
import { RevokeKey } from './settings/keys/revoke.tsx'
import { KeyTable, type Key } from './settings/keys/table.tsx'

const t = texts.settings.keys

export function SettingsKeys() {
  const { may } = useWorkspace()
  const [isMaking, setMaking] = useState(false)
  return (
    <Settings here="settings/keys" title={t.title} lead={t.lead} actions={may('admin') && <Button onClick={() => setMaking(true)}>{t.make}</Button>}>
      {may('admin') ? <Keys /> : <AdminsOnly />}
      {isMaking && <NewKey close={() => setMaking(false)} />}
    </Settings>
  )
}

function Keys() {
  const { slug: workspace } = useWorkspace()
  const keys = useQuery(ask('listKeys', { workspace }))
  const [revoking, setRevoking] = useState<Key>()
  return (
    <Faces
      of={keys}
      waiting={
        <Section title={t.working}>
          <Waiting rows={4} height={40} />
        </Section>
      }
    >
      {({ keys: all }) => {
        const working = all.filter(({ revoked_at }) => revoked_at === null)
        const revoked = all.filter(({ revoked_at }) => revoked_at !== null)
        return (
          <Stack gap="lg">
            {working.length === 0 ? (
              <Empty title={t.none}>{t.noneLead}</Empty>
            ) : (
              <Section title={t.working}>
                <KeyTable keys={working} label={t.table} revoke={setRevoking} />
              </Section>
            )}
            {revoked.length > 0 && (
              <details>
                <summary>{t.revokedCount(revoked.length)}</summary>
                <KeyTable keys={revoked} label={t.revokedTable} />
              </details>
            )}
            {revoking && <RevokeKey revoked={revoking} close={() => setRevoking(undefined)} />}
          </Stack>
        )
      }}
    </Faces>
  )
}
