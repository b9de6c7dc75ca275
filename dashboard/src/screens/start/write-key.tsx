import { Button, Stack, Text } from '@mantine/core'
import { useSessionStorage } from '@mantine/hooks'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useAccount, useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { ask } from '../../api/queries.ts'
import { texts } from '../../texts/texts.ts'
import { Copyable } from '../../ui/copy.tsx'
import { Failure } from '../../ui/faces.tsx'
import { Icon } from '../../ui/icons.tsx'

const t = texts.overview.start.key

export interface FirstKey {
  value: string | undefined
  keep: (key: string) => void
}

/**
 * The key that was made here, kept for this tab, so that a reload does not empty the snippets; the server does not show it again. A write key
 * may stand in public pages anyway.
 */
export function useFirstKey(): FirstKey {
  const { slug, may } = useWorkspace()
  const { user } = useAccount()
  const [value, keep] = useSessionStorage({ key: `cairn.first-key.${user.id}.${slug}`, defaultValue: '', getInitialValueInEffect: false })
  // It may have been revoked since, here or by somebody else.
  const keys = useQuery({ ...ask('listKeys', { workspace: slug }), enabled: value !== '' && may('admin') }).data?.keys
  const isGone = keys?.some(({ prefix, revoked_at: revokedAt }) => revokedAt !== null && value.startsWith(prefix)) ?? false
  return { value: isGone ? undefined : value || undefined, keep }
}

export function WriteKey({ made }: { made: FirstKey }) {
  const { slug, may } = useWorkspace()
  const queries = useQueryClient()
  const make = useMutation({
    mutationFn: () => call('createKey', { workspace: slug, body: { kind: 'write', name: t.name } }),
    onSuccess: async ({ key }) => {
      made.keep(key)
      await queries.invalidateQueries({ queryKey: ['listKeys'] })
    },
  })
  if (made.value !== undefined)
    return (
      <Stack gap="xs">
        <Copyable value={made.value} label={t.made} />
        <Text size="sm" c="dimmed">
          {t.once}
        </Text>
      </Stack>
    )
  return (
    <Stack gap="sm" align="flex-start">
      <Text size="sm" c="dimmed">
        {may('admin') ? t.text : t.viewer}
      </Text>
      {may('admin') && (
        <Button loading={make.isPending} onClick={() => make.mutate()} leftSection={<Icon name="key" size={16} />}>
          {t.make}
        </Button>
      )}
      {make.error && <Failure error={make.error} />}
    </Stack>
  )
}
