import type { AnswerOf } from '@cairn/wire/api'
import type { Role } from '@cairn/wire/roles'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useAccount, useWorkspace } from '../../../account.tsx'
import { call } from '../../../api/client.ts'
import { ask } from '../../../api/queries.ts'
import { texts } from '../../../texts/texts.ts'
import { said, saidFailure } from '../../../ui/notice.ts'
import { useLeaving } from '../use-leaving.ts'
import type { Member } from './table.tsx'

const t = texts.settings.members

export function useMembers() {
  const { slug: workspace } = useWorkspace()
  const { user } = useAccount()
  const queries = useQueryClient()
  const leave = useLeaving()
  const asked = ask('listMembers', { workspace })
  const members = useQuery(asked)

  const changeRole = useMutation({
    mutationFn: ({ member, role }: { member: Member; role: Role }) => call('setMember', { workspace, params: { id: member.id }, body: { role } }),
    // Shown at once; what the server says afterwards counts.
    onMutate: ({ member, role }) => {
      const before = queries.getQueryData<AnswerOf<'listMembers'>>(asked.queryKey)
      if (before) queries.setQueryData(asked.queryKey, { ...before, members: before.members.map((one) => (one.id === member.id ? { ...one, role } : one)) })
      return before
    },
    onSuccess: async (_, { member, role }) => {
      said(t.changed(member.name, texts.accounts.roles[role].name))
      if (member.id === user.id) await queries.invalidateQueries({ queryKey: ['getAccount'] })
    },
    onError: (error, _, before) => {
      queries.setQueryData(asked.queryKey, before)
      saidFailure(error)
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['listMembers'] }),
  })
  const remove = useMutation({
    mutationFn: (member: Member) => call('removeMember', { workspace, params: { id: member.id } }),
    onSuccess: async (_, member) => {
      if (member.id === user.id) {
        await leave()
        said(t.left)
        return
      }
      await queries.invalidateQueries({ queryKey: ['listMembers'] })
      said(t.removed(member.name))
    },
  })
  return { members, changeRole, remove }
}
