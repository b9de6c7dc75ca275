import { Button, Checkbox, Group, NativeSelect, TextInput } from '@mantine/core'
import type { LiveFilter } from '@cairn/wire/live'
import { useId, useState, type FormEvent } from 'react'
import type { FeedRow } from '../../live/feed.ts'
import { texts } from '../../texts/texts.ts'
import { useSetUrl } from '../../url.ts'
import { devices } from '../events/filter.ts'
import { Chips } from '../events/filters.tsx'

const t = texts.overview.live.filters
const names = texts.events.filters.names

/** What a live connection can be narrowed by: fewer fields than a list, with the same names. */
export const liveFields = ['event_type', 'event_category', 'user_id', 'anonymous_id', 'session_id', 'entity_type', 'entity_id', 'device_type'] as const
type LiveField = (typeof liveFields)[number]

/** Offers what has come in so far, and asks the server nothing. */
export function LiveFilters({ filter, seen }: { filter: LiveFilter; seen: readonly FeedRow[] }) {
  const setUrl = useSetUrl()
  const [field, setField] = useState<LiveField>('event_type')
  const [value, setValue] = useState('')
  const list = useId()
  const { include_bots, ...conditions } = filter
  const offered = new Set(seen.flatMap((row) => (row.kind === 'event' ? [row.event[field] ?? ''] : [])))
  const take = (chosen: string): void => {
    if (chosen.trim() === '') return
    setUrl({ [field]: chosen.trim() })
    setValue('')
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    take(value)
  }
  return (
    <>
      <form onSubmit={submit} role="search" aria-label={t.label}>
        <Group gap="xs">
          <NativeSelect
            aria-label={texts.events.filters.field}
            value={field}
            data={liveFields.map((name) => ({ value: name, label: names[name] }))}
            onChange={({ currentTarget }) => (setField(currentTarget.value as LiveField), setValue(''))}
          />
          {field === 'device_type' ? (
            <NativeSelect
              aria-label={texts.events.filters.value}
              value=""
              data={[{ value: '', label: texts.events.filters.choose }, ...devices.map((device) => ({ value: device, label: texts.events.devices[device] }))]}
              onChange={({ currentTarget }) => take(currentTarget.value)}
            />
          ) : (
            <>
              <TextInput
                aria-label={texts.events.filters.value}
                placeholder={texts.events.filters.value}
                value={value}
                list={list}
                maxLength={255}
                data-search=""
                onChange={({ currentTarget, nativeEvent }) => {
                  // Chosen from the list, not typed: it is meant.
                  if (!(nativeEvent instanceof InputEvent) || nativeEvent.inputType === 'insertReplacementText') take(currentTarget.value)
                  else setValue(currentTarget.value)
                }}
              />
              <datalist id={list}>
                {[...offered].filter(Boolean).map((item) => (
                  <option key={item}>{item}</option>
                ))}
              </datalist>
              <Button type="submit" variant="default" disabled={value.trim() === ''}>
                {t.add}
              </Button>
            </>
          )}
          <Checkbox
            label={t.bots}
            checked={include_bots === true}
            disabled={filter.device_type === 'bot'}
            onChange={({ currentTarget }) => setUrl({ include_bots: currentTarget.checked ? 'true' : undefined })}
          />
        </Group>
      </form>
      <Chips filter={conditions as Record<string, string>} />
    </>
  )
}
