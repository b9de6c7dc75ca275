import { Button, Group, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Account } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { ask } from '../../api/queries.ts'
import { texts } from '../../texts/texts.ts'
import { Failure } from '../../ui/faces.tsx'
import { said } from '../../ui/notice.ts'
import { Section } from '../../ui/section.tsx'
import { Form } from '../../ui/form.tsx'

const t = texts.accounts.account

export function Profile({ user }: { user: Account['user'] }) {
  const queries = useQueryClient()
  const [name, setName] = useState(user.name)
  const save = useMutation({
    mutationFn: () => call('setAccount', { body: { name: name.trim() } }),
    onSuccess: (account) => {
      queries.setQueryData(ask('getAccount').queryKey, account)
      setName(account.user.name)
      said(t.saved)
    },
  })
  const isChanged = name.trim() !== '' && name.trim() !== user.name
  return (
    <Section title={t.profile}>
      {save.error && <Failure error={save.error} title={texts.shell.faces.notDone} />}
      <Form
        submit={() => {
          if (isChanged) save.mutate()
        }}
        maw={420}
      >
        <TextInput
          label={texts.accounts.fields.name}
          value={name}
          maxLength={100}
          autoComplete="name"
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <TextInput label={texts.accounts.fields.email} description={t.emailHint} value={user.email} readOnly autoComplete="username" />
        <Group>
          <Button type="submit" disabled={!isChanged} loading={save.isPending}>
            {t.save}
          </Button>
        </Group>
      </Form>
    </Section>
  )
}
