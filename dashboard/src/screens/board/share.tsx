import { Button, Checkbox, Group, NativeSelect, Stack, Table, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { ask } from '../../api/queries.ts'
import { texts } from '../../texts/texts.ts'
import { Copyable } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Faces, Failure } from '../../ui/faces.tsx'
import { Form } from '../../ui/form.tsx'
import { useFormat } from '../../ui/format.ts'
import { When } from '../../ui/when.tsx'
import type { Board } from '../board.tsx'
import { MadeOnce } from '../settings/made-once.tsx'

const t = texts.boards.share
const DAY_MS = 86_400_000
const lives = ['7', '30', '90', ''] as const

/** Links by which others see this board without signing in: makes one, which is shown this once, and takes them back. */
export function ShareBoard({ board, close }: { board: Board; close: () => void }) {
  const { slug: workspace } = useWorkspace()
  const queries = useQueryClient()
  const input = { workspace, params: { id: board.id } }
  const shares = useQuery(ask('listShares', input))
  const [days, setDays] = useState<string>(lives[1])
  const [canEmbed, setCanEmbed] = useState(false)
  const again = () => queries.invalidateQueries({ queryKey: ['listShares'] })
  const make = useMutation({
    mutationFn: () =>
      call('createShare', {
        ...input,
        body: { can_embed: canEmbed, expires_at: days === '' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString() },
      }),
    onSuccess: again,
  })
  const revoke = useMutation({ mutationFn: (id: string) => call('revokeShare', { workspace, params: { id: board.id, share_id: id } }), onSuccess: again })
  const format = useFormat()
  const made = make.data
  if (made) {
    const link = `${window.location.origin}/shared/${made.token}`
    return (
      <Dialog title={t.madeTitle} close={close} keeps wide>
        <Stack gap="md">
          {made.can_embed && (
            <Copyable value={`<iframe src="${link}" width="100%" height="800" title="${board.name.replaceAll('"', '&quot;')}"></iframe>`} label={t.embed} />
          )}
          <MadeOnce value={link} label={t.link} warnings={[t.madeWarning]} close={close} />
        </Stack>
      </Dialog>
    )
  }
  return (
    <Dialog title={t.title} close={close} wide>
      <Stack gap="md">
        <Text size="sm">{t.lead}</Text>
        <Form submit={() => make.mutate()}>
          {(make.error ?? revoke.error) && <Failure error={make.error ?? revoke.error ?? new Error()} title={texts.shell.faces.notDone} />}
          <NativeSelect
            label={t.expires}
            value={days}
            data={lives.map((value) => ({ value, label: value === '' ? t.never : t.inDays(value) }))}
            onChange={({ currentTarget }) => setDays(currentTarget.value)}
          />
          <Checkbox label={t.canEmbed} description={t.canEmbedHint} checked={canEmbed} onChange={({ currentTarget }) => setCanEmbed(currentTarget.checked)} />
          <Group justify="flex-end">
            <Button type="submit" loading={make.isPending}>
              {t.make}
            </Button>
          </Group>
        </Form>
        <Faces of={shares}>
          {({ shares: links }) =>
            links.length === 0 ? (
              <Text size="sm" c="dimmed">
                {t.none}
              </Text>
            ) : (
              <Table aria-label={t.present}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th scope="col">{t.made}</Table.Th>
                    <Table.Th scope="col">{t.until}</Table.Th>
                    <Table.Th scope="col">{t.framed}</Table.Th>
                    <Table.Td />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {links.map(({ id, created_at, created_by, expires_at, can_embed }) => (
                    <Table.Tr key={id}>
                      <Table.Td>
                        <When at={created_at} />, {created_by}
                      </Table.Td>
                      <Table.Td>{expires_at === null ? t.never : format.date(expires_at)}</Table.Td>
                      <Table.Td>{can_embed ? t.yes : t.no}</Table.Td>
                      <Table.Td ta="right">
                        <Button
                          size="compact-sm"
                          variant="subtle"
                          color="red"
                          loading={revoke.isPending && revoke.variables === id}
                          onClick={() => revoke.mutate(id)}
                        >
                          {t.revoke}
                        </Button>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            )
          }
        </Faces>
      </Stack>
    </Dialog>
  )
}
