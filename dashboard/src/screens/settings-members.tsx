import { atLeast, type Role } from '@cairn/wire/roles'
import { Button, Text } from '@mantine/core'
import { useState } from 'react'
import { useAccount, useWorkspace } from '../account.tsx'
import { texts } from '../texts/texts.ts'
import { Faces } from '../ui/faces.tsx'
import { Section } from '../ui/section.tsx'
import { Confirm } from './settings/confirm.tsx'
import { Settings } from './settings/frame.tsx'
import { Invitations } from './settings/members/invitations.tsx'
import { Invite } from './settings/members/invite.tsx'
import { Roles } from './settings/members/roles.tsx'
import { MemberTable, type Member } from './settings/members/table.tsx'
import { useMembers } from './settings/members/use-members.ts'

const t = texts.settings.members

export function SettingsMembers() {
  const { may, role: own } = useWorkspace()
  const { user } = useAccount()
  const { members, changeRole, remove } = useMembers()
  const [isInviting, setInviting] = useState(false)
  const [removing, setRemoving] = useState<Member>()
  const [lowering, setLowering] = useState<{ member: Member; role: Role }>()

  const close = (): void => {
    setRemoving(undefined)
    setLowering(undefined)
    remove.reset()
  }
  const choose = (member: Member, role: Role): void => {
    // What one takes from oneself only somebody else can give back.
    if (member.id === user.id && !atLeast(role, own)) setLowering({ member, role })
    else changeRole.mutate({ member, role })
  }
  const isLeaving = removing?.id === user.id
  return (
    <Settings here="settings/members" title={t.title} lead={t.lead} actions={may('admin') && <Button onClick={() => setInviting(true)}>{t.invite}</Button>}>
      {!may('admin') && (
        <Text size="sm" role="note">
          {texts.shell.faces.readOnly}
        </Text>
      )}
      <Section title={t.table}>
        <Faces of={members}>{({ members: all }) => <MemberTable members={all} changeRole={choose} remove={setRemoving} />}</Faces>
      </Section>
      {may('admin') && <Invitations />}
      <Roles />
      {isInviting && <Invite close={() => setInviting(false)} />}
      {removing && (
        <Confirm
          title={isLeaving ? t.leaveTitle : t.removeTitle(removing.name)}
          confirm={isLeaving ? t.leave : t.remove}
          close={close}
          act={{ mutate: () => remove.mutate(removing, { onSuccess: close }), isPending: remove.isPending, error: remove.error }}
        >
          {isLeaving ? t.leaveText : t.removeText(removing.email)}
        </Confirm>
      )}
      {lowering && (
        <Confirm
          title={t.ownTitle}
          confirm={t.ownConfirm}
          close={close}
          act={{ mutate: () => changeRole.mutate(lowering, { onSuccess: close }), isPending: changeRole.isPending, error: changeRole.error }}
        >
          {t.ownText(texts.accounts.roles[lowering.role].name)}
        </Confirm>
      )}
    </Settings>
  )
}
