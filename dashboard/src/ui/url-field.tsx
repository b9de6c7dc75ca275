import { TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import { useSetUrl, useUrl } from '../url.ts'
import { Icon } from './icons.tsx'

interface Field {
  /** Of the part of the address that it holds. */
  name: string
  label: string
  hint?: string
  /** The one of the screen that `/` leads to. */
  isSearch?: boolean
}

/** Between two letters of somebody who types. */
const TYPING_MS = 250

/** Text that is a part of the address: typing changes it a moment after the last letter, and going back changes the field. */
export function UrlField({ name, label, hint = label, isSearch = false }: Field) {
  const { [name]: kept = '' } = useUrl()
  const setUrl = useSetUrl()
  const [typed, setTyped] = useState(kept)
  const [settled] = useDebouncedValue(typed, TYPING_MS)
  useEffect(() => {
    if (settled.trim() !== kept) setUrl({ [name]: settled.trim() || undefined }, { replace: true })
    // Only typing changes the address; the address changes the field when it is gone back to.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [settled])
  useEffect(() => setTyped((now) => (now.trim() === kept ? now : kept)), [kept])
  return (
    <TextInput
      type="search"
      {...(isSearch ? { 'data-search': '', leftSection: <Icon name="search" size={16} /> } : {})}
      aria-label={label}
      placeholder={hint}
      maw={360}
      maxLength={255}
      value={typed}
      onChange={({ currentTarget }) => setTyped(currentTarget.value)}
    />
  )
}
