import { Button, Group, NativeSelect, TextInput } from '@mantine/core'
import { useState } from 'react'
import { texts } from '../../../texts/texts.ts'
import { useSetUrl, useUrl } from '../../../url.ts'
import { nameOfAction } from './entries.tsx'

const t = texts.settings.audit

/** They stand in the address. Who is asked for once it is written: the server looks for the whole name. */
export function Filters() {
  const { action, actor } = useUrl()
  const setUrl = useSetUrl()
  const [written, setWritten] = useState(actor ?? '')
  const [shown, setShown] = useState(actor)
  if (shown !== actor) {
    // Back, or a link, changed it.
    setShown(actor)
    setWritten(actor ?? '')
  }
  const known = Object.keys(t.actions)
  const choices = action !== undefined && !known.includes(action) ? [...known, action] : known
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        setUrl({ actor: written.trim() || undefined })
      }}
    >
      <Group gap="sm" align="flex-end">
        <NativeSelect
          label={t.filterAction}
          value={action ?? ''}
          data={[{ value: '', label: t.everyAction }, ...choices.map((value) => ({ value, label: nameOfAction(value) }))]}
          onChange={({ currentTarget: { value } }) => setUrl({ action: value || undefined })}
        />
        <TextInput
          label={t.filterActor}
          placeholder={t.filterActorHint}
          type="search"
          data-search
          value={written}
          maxLength={255}
          w={240}
          onChange={({ currentTarget }) => setWritten(currentTarget.value)}
          onBlur={() => {
            if (written.trim() !== (actor ?? '')) setUrl({ actor: written.trim() || undefined })
          }}
        />
        {(action !== undefined || actor !== undefined) && (
          <Button variant="default" onClick={() => setUrl({ action: undefined, actor: undefined })}>
            {t.clear}
          </Button>
        )}
      </Group>
    </form>
  )
}
