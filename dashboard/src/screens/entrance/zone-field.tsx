import { TextInput } from '@mantine/core'
import { useId, type ReactNode } from 'react'
import { texts } from '../../texts/texts.ts'

const t = texts.accounts.fields

/** The browser's own list, which is searched by typing. */
export function ZoneField({
  value,
  error,
  description = t.zoneHint,
  onChange,
}: {
  value: string
  error?: ReactNode
  description?: string
  onChange: (zone: string) => void
}) {
  const list = useId()
  return (
    <>
      <TextInput
        label={t.zone}
        description={description}
        value={value}
        error={error}
        required
        withAsterisk={false}
        maxLength={64}
        autoComplete="off"
        spellCheck={false}
        list={list}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
      <datalist id={list}>
        {zones().map((zone) => (
          <option key={zone} value={zone}>
            {zone}
          </option>
        ))}
      </datalist>
    </>
  )
}

/** Browsers do not agree on whether UTC is one of them. */
const zones = (): string[] => [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])]

export const isZone = (zone: string): boolean => {
  try {
    return zone !== '' && new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
