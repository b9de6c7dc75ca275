import type { AnswerOf } from '@cairn/wire/api'
import { Button, Table, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../../../account.tsx'
import { call } from '../../../api/client.ts'
import { ask } from '../../../api/queries.ts'
import { texts } from '../../../texts/texts.ts'
import { Faces, Waiting } from '../../../ui/faces.tsx'
import { useFormat } from '../../../ui/format.ts'
import { said } from '../../../ui/notice.ts'
import { Section } from '../../../ui/section.tsx'
import { TableRegion } from '../../../ui/table-region.tsx'
import { Confirm } from '../confirm.tsx'

const t = texts.settings.members
type Invitation = AnswerOf<'listInvitations'>['invitations'][number]

/** Those nobody has used yet. */
export function Invitations() {
  const { slug: workspace } = useWorkspace()
  const queries = useQueryClient()
  const invitations = useQuery(ask('listInvitations', { workspace }))
  const format = useFormat()
  const [revoking, setRevoking] = useState<Invitation>()
  const revoke = useMutation({
    mutationFn: (id: string) => call('revokeInvitation', { workspace, params: { id } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['listInvitations'] })
      setRevoking(undefined)
      said(t.revoked)
    },
  })
  return (
    <Section title={t.invitations}>
      <Faces of={invitations} waiting={<Waiting rows={1} />}>
        {({ invitations: open }) =>
          open.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t.noInvitations}
            </Text>
          ) : (
            <TableRegion minWidth={620} label={t.invitations}>
              <Table verticalSpacing="xs">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th scope="col">{t.forWhom}</Table.Th>
                    <Table.Th scope="col">{t.role}</Table.Th>
                    <Table.Th scope="col">{t.by}</Table.Th>
                    <Table.Th scope="col">{t.expires}</Table.Th>
                    <Table.Th scope="col">
                      <span className="only-read">{texts.settings.action}</span>
                    </Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {open.map((invitation) => (
                    <Table.Tr key={invitation.id}>
                      <Table.Td>{invitation.email ?? t.anybody}</Table.Td>
                      <Table.Td>{texts.accounts.roles[invitation.role].name}</Table.Td>
                      <Table.Td>{invitation.created_by}</Table.Td>
                      <Table.Td>
                        <span title={format.time(invitation.expires_at)}>{format.date(invitation.expires_at)}</span>
                      </Table.Td>
                      <Table.Td ta="right">
                        <Button
                          size="compact-sm"
                          variant="default"
                          aria-label={t.revokeOf(invitation.email ?? t.anybody)}
                          onClick={() => setRevoking(invitation)}
                        >
                          {t.revoke}
                        </Button>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </TableRegion>
          )
        }
      </Faces>
      {revoking && (
        <Confirm
          title={t.revokeTitle}
          confirm={t.revoke}
          close={() => {
            setRevoking(undefined)
            revoke.reset()
          }}
          act={{ mutate: () => revoke.mutate(revoking.id), isPending: revoke.isPending, error: revoke.error }}
        >
          <Text size="sm" fw={600}>
            {revoking.email ?? t.anybody}
          </Text>
          <Text size="sm">{t.revokeText}</Text>
        </Confirm>
      )}
    </Section>
  )
}
