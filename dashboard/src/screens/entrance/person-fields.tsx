import { TextInput } from '@mantine/core'
import type { Ref } from 'react'
import { texts } from '../../texts/texts.ts'
import type { Faults } from './fields.ts'
import { NewPasswordField } from './password-field.tsx'

const f = texts.accounts.fields

interface Asked {
  values: { name: string; email: string; password: string }
  faults: Faults
  set: (name: 'name' | 'email' | 'password') => (value: string) => void
  isEmailGiven?: boolean
  first?: Ref<HTMLInputElement>
}

/** Who somebody new is. */
export const PersonFields = ({ values, faults, set, isEmailGiven = false, first = null }: Asked) => (
  <>
    <TextInput
      label={f.name}
      value={values.name}
      error={faults['name']}
      maxLength={100}
      autoComplete="name"
      ref={first}
      onChange={({ currentTarget }) => set('name')(currentTarget.value)}
    />
    <TextInput
      label={f.email}
      type="email"
      value={values.email}
      error={faults['email']}
      maxLength={254}
      autoComplete="username"
      readOnly={isEmailGiven}
      onChange={({ currentTarget }) => set('email')(currentTarget.value)}
    />
    <NewPasswordField label={f.password} value={values.password} error={faults['password']} onChange={set('password')} />
  </>
)
