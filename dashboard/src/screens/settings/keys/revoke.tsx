import { Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useWorkspace } from '../../../account.tsx'
import { call } from '../../../api/client.ts'
import { texts } from '../../../texts/texts.ts'
import { useFormat } from '../../../ui/format.ts'
import { said } from '../../../ui/notice.ts'
import { Confirm } from '../confirm.tsx'
import type { Key } from './table.tsx'

const t = texts.settings.keys

export function RevokeKey({ revoked: { id, name, prefix, last_used_at }, close }: { revoked: Key; close: () => void }) {
  const { slug: workspace } = useWorkspace()
  const queries = useQueryClient()
  const format = useFormat()
  const revoke = useMutation({
    mutationFn: () => call('revokeKey', { workspace, params: { id } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['listKeys'] })
      close()
      said(t.revokedSaid(name))
    },
  })
  return (
    <Confirm title={t.revokeTitle(name)} confirm={t.revoke} close={close} act={revoke}>
      <Stack gap="xs">
        <Text size="sm">{t.revokeText(prefix)}</Text>
        <Text size="sm" fw={600}>
          {last_used_at ? t.revokeUsed(format.ago(last_used_at)) : t.revokeUnused}
        </Text>
      </Stack>
    </Confirm>
  )
}
