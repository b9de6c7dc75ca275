import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import type { Role } from '@cairn/wire/roles'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../../../account.tsx'
import { call } from '../../../api/client.ts'
import { texts } from '../../../texts/texts.ts'
import { Copyable } from '../../../ui/copy.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { Failure } from '../../../ui/faces.tsx'
import { focusIt } from '../../../ui/focus.ts'
import { checks, faultsOf, hasFaults, type Faults } from '../../entrance/fields.ts'
import { RoleChoice } from './roles.tsx'

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
        <Stack gap="md">
          <Copyable value={made.url} label={t.link} />
          <Alert color="yellow" role="status">
            <Text size="sm">{t.linkText}</Text>
            {made.email === null && <Text size="sm">{t.linkAnybody}</Text>}
          </Alert>
          <Group justify="flex-end">
            <Button ref={focusIt} onClick={close}>
              {t.done}
            </Button>
          </Group>
        </Stack>
      ) : (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            submit()
          }}
        >
          <Stack gap="md">
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
          </Stack>
        </form>
      )}
    </Dialog>
  )
}
