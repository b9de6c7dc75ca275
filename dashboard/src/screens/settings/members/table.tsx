import type { AnswerOf } from '@cairn/wire/api'
import { atLeast, roles, type Role } from '@cairn/wire/roles'
import { Badge, Button, Group, NativeSelect, Table, Text } from '@mantine/core'
import { useAccount, useWorkspace } from '../../../account.tsx'
import { texts } from '../../../texts/texts.ts'
import { useFormat } from '../../../ui/format.ts'
import { TableRegion } from '../../../ui/table-region.tsx'
import { grantable } from './roles.tsx'

const t = texts.settings.members
export type Member = AnswerOf<'listMembers'>['members'][number]

interface Listed {
  members: readonly Member[]
  changeRole: (member: Member, role: Role) => void
  remove: (member: Member) => void
}

/** Whoever may not change somebody sees their role as a word. The rules are the server's: owners by owners only, and one owner remains. */
export function MemberTable({ members, changeRole, remove }: Listed) {
  const { user } = useAccount()
  const { role: own, may } = useWorkspace()
  const format = useFormat()
  const owners = members.filter(({ role }) => role === 'owner').length
  return (
    <TableRegion minWidth={may('admin') ? 720 : 560} label={t.table}>
      <Table verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t.name}</Table.Th>
            <Table.Th scope="col">{t.email}</Table.Th>
            <Table.Th scope="col">{t.role}</Table.Th>
            <Table.Th scope="col">{t.joined}</Table.Th>
            {may('admin') && (
              <Table.Th scope="col">
                <span className="only-read">{texts.settings.action}</span>
              </Table.Th>
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {members.map((member) => {
            const { id, name, email, role, joined_at } = member
            const isOwn = id === user.id
            const isLastOwner = role === 'owner' && owners === 1
            const mayChange = may('admin') && atLeast(own, role) && !isLastOwner
            return (
              <Table.Tr key={id}>
                <Table.Td>
                  <Group gap={6}>
                    {name}
                    {isOwn && (
                      <Badge variant="light" color="gray" size="sm">
                        {t.you}
                      </Badge>
                    )}
                  </Group>
                </Table.Td>
                <Table.Td>{email}</Table.Td>
                <Table.Td>
                  {mayChange ? (
                    <NativeSelect
                      size="xs"
                      maw={130}
                      aria-label={t.roleOf(name)}
                      value={role}
                      data={grantable(own).map((one) => ({ value: one, label: texts.accounts.roles[one].name }))}
                      onChange={({ currentTarget: { value } }) => {
                        const chosen = roles.find((one) => one === value)
                        if (chosen) changeRole(member, chosen)
                      }}
                    />
                  ) : (
                    <span title={texts.accounts.roles[role].may}>{texts.accounts.roles[role].name}</span>
                  )}
                </Table.Td>
                <Table.Td>
                  <span title={format.time(joined_at)}>{format.date(joined_at)}</span>
                </Table.Td>
                {may('admin') && (
                  <Table.Td ta="right">
                    {mayChange ? (
                      <Button size="compact-sm" variant="default" aria-label={isOwn ? t.leave : t.removeOf(name)} onClick={() => remove(member)}>
                        {isOwn ? t.leave : t.remove}
                      </Button>
                    ) : (
                      isLastOwner && (
                        <Text size="xs" c="dimmed" title={t.lastOwner}>
                          {t.lastOwnerShort}
                        </Text>
                      )
                    )}
                  </Table.Td>
                )}
              </Table.Tr>
            )
          })}
        </Table.Tbody>
      </Table>
    </TableRegion>
  )
}
