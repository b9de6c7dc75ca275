import { Box, Input, PasswordInput, Text } from '@mantine/core'
import { MAX_PASSWORD, MIN_PASSWORD } from '@cairn/wire/credentials'
import { useId, useState, type ReactNode } from 'react'
import { texts } from '../../texts/texts.ts'
import classes from './password-field.module.css'

const t = texts.accounts.fields

interface Field {
  label: string
  value: string
  error?: ReactNode
  autoComplete: 'current-password' | 'new-password'
  autoFocus?: boolean
  onChange: (value: string) => void
}

export function PasswordField({ onChange, describedBy, ...field }: Field & { describedBy?: string }) {
  const [visible, setVisible] = useState(false)
  return (
    <PasswordInput
      {...field}
      required
      withAsterisk={false}
      maxLength={MAX_PASSWORD}
      visible={visible}
      onVisibilityChange={setVisible}
      visibilityToggleFocusable
      visibilityToggleButtonProps={{ 'aria-label': visible ? t.hidePassword : t.showPassword }}
      {...(describedBy ? { 'aria-describedby': describedBy } : {})}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}

/** Length is all that is asked of a password, so length is what the meter shows: in words, with a bar as decoration. */
export function NewPasswordField(field: Omit<Field, 'autoComplete'>) {
  const hint = useId()
  const { length } = field.value
  const steps = length < MIN_PASSWORD ? 1 : length < GOOD ? 2 : length < STRONG ? 3 : 4
  const words =
    length === 0
      ? t.passwordHint(MIN_PASSWORD)
      : length < MIN_PASSWORD
        ? t.shortBy(MIN_PASSWORD - length)
        : length < GOOD
          ? t.enough
          : length < STRONG
            ? t.good
            : t.strong
  return (
    <Input.Wrapper>
      {/* That it is too short the meter says already. */}
      <PasswordField {...field} error={field.error && length < MIN_PASSWORD ? true : field.error} autoComplete="new-password" describedBy={hint} />
      <Box className={classes['meter']} data-steps={length === 0 ? 0 : steps} aria-hidden="true">
        <span />
        <span />
        <span />
        <span />
      </Box>
      <Text id={hint} size="xs" c="dimmed" role="status">
        {words}
      </Text>
    </Input.Wrapper>
  )
}
/** Three and four random words. */
const GOOD = 14
const STRONG = 20
