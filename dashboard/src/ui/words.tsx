import { Textarea, TextInput } from '@mantine/core'

interface Field {
  label: string
  value: string
  change: (value: string) => void
}

/** What something is called. `isFirst`: it has the focus when its dialog opens. */
export const NameField = ({ label, value, change, isFirst = false, hint = '' }: Field & { isFirst?: boolean; hint?: string }) => (
  <TextInput
    label={label}
    placeholder={hint}
    value={value}
    maxLength={255}
    {...(isFirst ? { 'data-autofocus': true } : {})}
    autoComplete="off"
    onChange={({ currentTarget }) => change(currentTarget.value)}
  />
)

/** Words about something, over several lines. */
export const WordsField = ({ label, value, change, maxLength = 2_000, minRows = 2 }: Field & { maxLength?: number; minRows?: number }) => (
  <Textarea
    label={label}
    value={value}
    maxLength={maxLength}
    autosize
    minRows={minRows}
    maxRows={16}
    onChange={({ currentTarget }) => change(currentTarget.value)}
  />
)
