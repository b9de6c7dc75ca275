import { Button, Group, TextInput } from '@mantine/core'
import type { Role } from '@cairn/wire/roles'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../../../account.tsx'
import { call } from '../../../api/client.ts'
import { texts } from '../../../texts/texts.ts'
import { Dialog } from '../../../ui/dialog.tsx'
import { Failure } from '../../../ui/faces.tsx'
import { checks, faultsOf, hasFaults, type Faults } from '../../entrance/fields.ts'
import { RoleChoice } from './roles.tsx'
import { Form } from '../../../ui/form.tsx'
import { MadeOnce } from '../made-once.tsx'

const t = texts.settings.members

/** Makes an invitation, then shows its link this once. A click beside it does not close it: the link would be lost. */
export function Invite({ close }: { close: () => void }) {
  const { slug: workspace, role: own } = useWorkspace()
  const queries = useQueryClient()
  const [role, setRole] = useState<Role>('viewer')
  const [email, setEmail] = useState('')
  const [faults, setFaults] = useState<Faults>({})
  const make = useMutation({
    mutationFn: () => call('createInvitation', { workspace, body: { role, ...(email.trim() === '' ? {} : { email: email.trim() }) } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['listInvitations'] }),
    onError: (error) => setFaults(faultsOf(error)),
  })
  const submit = (): void => {
    const found = { email: email.trim() === '' ? undefined : checks.email(email) }
    setFaults(found)
    if (!hasFaults(found)) make.mutate()
  }
  const made = make.data

  return (
    <Dialog title={made ? t.linkTitle : t.inviteTitle} close={close} keeps={made !== undefined}>
      {made ? (
        <MadeOnce value={made.url} label={t.link} warnings={[t.linkText, ...(made.email === null ? [t.linkAnybody] : [])]} close={close} />
      ) : (
        <Form submit={submit}>
          {make.error && !faults['email'] && <Failure error={make.error} title={texts.shell.faces.notDone} />}
          <RoleChoice own={own} value={role} onChange={setRole} />
          <TextInput
            label={t.inviteEmail}
            description={t.inviteEmailHint}
            type="email"
            value={email}
            error={faults['email']}
            maxLength={254}
            autoComplete="off"
            data-autofocus
            onChange={({ currentTarget }) => {
              setEmail(currentTarget.value)
              setFaults({})
            }}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={make.isPending}>
              {t.create}
            </Button>
          </Group>
        </Form>
      )}
    </Dialog>
  )
}
