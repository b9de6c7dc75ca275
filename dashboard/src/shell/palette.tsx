import { Modal, NavLink, ScrollArea, Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type KeyboardEvent } from 'react'
import { useAccount, useWorkspace } from '../account.tsx'
import { ask } from '../api/queries.ts'
import { rangeKeys } from '../range/range.ts'
import { texts } from '../texts/texts.ts'
import { useFocusBack } from '../ui/focus.ts'
import { Icon, type IconName } from '../ui/icons.tsx'
import { navigation } from './navigation.ts'

const t = texts.shell
const MOST = 8

interface Found {
  group: string
  label: string
  icon: IconName
  go: () => unknown
}

/** Jumps to a screen, workspace, range, event type or person by typing a part of its name. */
export function Palette({ close }: { close: () => void }) {
  useFocusBack()
  const { slug } = useWorkspace()
  const { workspaces } = useAccount()
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState(0)
  const [search] = useDebouncedValue(text.trim(), 200)
  const types = useQuery(ask('listTypes', { workspace: slug }))
  const people = useQuery({ ...ask('listPeople', { workspace: slug, query: { search, days: 365, limit: 5 } }), enabled: search.length > 1 })

  const to = (path: string, more: Record<string, string> = {}) => navigate({ to: `/w/${slug}/${path}`, search: more })
  const matches = (label: string): boolean => label.toLowerCase().includes(text.trim().toLowerCase())
  const found: Found[] = [
    ...navigation.filter(({ label }) => matches(label)).map(({ path, label, icon }): Found => ({ group: t.palette.screens, label, icon, go: () => to(path) })),
    ...(text.trim() === '' ? [] : (types.data?.types ?? []))
      .filter(({ event_type }) => matches(event_type))
      .slice(0, MOST)
      .map(({ event_type }): Found => ({ group: t.palette.types, label: event_type, icon: 'types', go: () => to('events', { event_type }) })),
    ...(search.length > 1 ? (people.data?.people ?? []) : []).map((person): Found => {
      const id = person.user_id ?? person.anonymous_id ?? ''
      return { group: t.palette.people, label: id, icon: 'people', go: () => to(`people/${encodeURIComponent(id)}`) }
    }),
    ...rangeKeys
      .filter((key) => key !== 'custom' && text.trim() !== '' && matches(t.range[key]))
      .map((key): Found => ({
        group: t.palette.ranges,
        label: t.range[key],
        icon: 'overview',
        go: () => navigate({ to: '.', search: (now: object) => ({ ...now, range: key, from: undefined, to: undefined }) }),
      })),
    ...workspaces
      .filter((workspace) => workspace.slug !== slug && matches(workspace.name))
      .map((workspace): Found => ({
        group: t.palette.workspaces,
        label: workspace.name,
        icon: 'right',
        go: () => navigate({ to: `/w/${workspace.slug}/overview` }),
      })),
  ]
  const at = Math.min(chosen, found.length - 1)
  const take = (index: number): void => {
    close()
    found[index]?.go()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      setChosen((at + step + found.length) % Math.max(1, found.length))
    } else if (event.key === 'Enter' && at >= 0) {
      event.preventDefault()
      take(at)
    }
  }

  return (
    <Modal opened onClose={close} withCloseButton={false} padding="xs" yOffset="12vh" aria-label={t.palette.open}>
      <TextInput
        data-autofocus
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-found"
        aria-activedescendant={at >= 0 ? `palette-${at}` : undefined}
        aria-label={t.palette.hint}
        placeholder={t.palette.hint}
        leftSection={<Icon name="search" size={16} />}
        value={text}
        onChange={({ currentTarget: { value } }) => (setText(value), setChosen(0))}
        onKeyDown={onKeyDown}
      />
      <ScrollArea.Autosize mah={360} mt="xs">
        <Stack gap={0} id="palette-found" role="listbox" aria-label={t.palette.open}>
          {found.map((item, index) => (
            <NavLink
              key={`${item.group} ${item.label}`}
              component="button"
              id={`palette-${index}`}
              role="option"
              aria-selected={index === at}
              tabIndex={-1}
              active={index === at}
              label={item.label}
              description={item.group}
              leftSection={<Icon name={item.icon} size={16} />}
              onClick={() => take(index)}
            />
          ))}
        </Stack>
        {found.length === 0 && (
          <Text p="sm" c="dimmed" role="status">
            {t.palette.nothing}
          </Text>
        )}
      </ScrollArea.Autosize>
    </Modal>
  )
}
