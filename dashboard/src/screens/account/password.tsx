import { Button, Group } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError, call } from '../../api/client.ts'
import { texts } from '../../texts/texts.ts'
import { Failure } from '../../ui/faces.tsx'
import { said } from '../../ui/notice.ts'
import { Section } from '../../ui/section.tsx'
import { checks, faultsOf, hasFaults, type Faults } from '../entrance/fields.ts'
import { NewPasswordField, PasswordField } from '../entrance/password-field.tsx'
import { Form } from '../../ui/form.tsx'

const t = texts.accounts.account
const f = texts.accounts.fields
const EMPTY = { current_password: '', new_password: '' }

export function Password() {
  const queries = useQueryClient()
  const [values, setValues] = useState(EMPTY)
  const [faults, setFaults] = useState<Faults>({})
  const change = useMutation({
    mutationFn: () => call('setPassword', { body: values }),
    onSuccess: async () => {
      setValues(EMPTY)
      said(t.passwordChanged)
      await queries.invalidateQueries({ queryKey: ['listSessions'] })
    },
    onError: (error) => setFaults(error instanceof ApiError && error.status === 403 ? { current_password: t.wrongPassword } : faultsOf(error)),
  })
  const set = (name: keyof typeof values) => (value: string) => {
    setValues({ ...values, [name]: value })
    setFaults({ ...faults, [name]: undefined })
  }
  const submit = (): void => {
    const found = { new_password: checks.password(values.new_password) }
    setFaults(found)
    if (!hasFaults(found)) change.mutate()
  }
  return (
    <Section title={t.password} lead={t.passwordLead}>
      {change.error && !hasFaults(faults) && <Failure error={change.error} title={texts.shell.faces.notDone} />}
      <Form submit={submit} maw={420}>
        <PasswordField
          label={f.currentPassword}
          value={values.current_password}
          error={faults['current_password']}
          autoComplete="current-password"
          onChange={set('current_password')}
        />
        <NewPasswordField label={f.newPassword} value={values.new_password} error={faults['new_password']} onChange={set('new_password')} />
        <Group>
          <Button type="submit" disabled={values.current_password === '' || values.new_password === ''} loading={change.isPending}>
            {t.changePassword}
          </Button>
        </Group>
      </Form>
    </Section>
  )
}
