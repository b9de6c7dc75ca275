import { Button, Group, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useId, useState, type FormEvent } from 'react'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import { texts } from '../../texts/texts.ts'
import { Icon } from '../../ui/icons.tsx'
import { useSetUrl } from '../../url.ts'
import { devices, filterFields, isFilterField, jsonFieldOf, jsonFields, type Filter } from './filter.ts'

const t = texts.events.filters

/** Adds one condition: field, for properties their path, value. What was seen is offered while typing. */
export function AddFilter({ filter }: { filter: Filter }) {
  const { slug } = useWorkspace()
  const setUrl = useSetUrl()
  const [field, setField] = useState<string>('event_type')
  const [path, setPath] = useState('')
  const [value, setValue] = useState('')
  const [isUsed, setUsed] = useState(false)
  const lists = useId()
  // Nothing is offered before somebody types.
  const types = useQuery({ ...ask('listTypes', { workspace: slug }), enabled: isUsed }).data?.types ?? []
  const use = (): void => setUsed(true)
  const isJson = jsonFields.some((name) => name === field)

  const properties =
    field === 'metadata'
      ? types.filter(({ event_type }) => !filter['event_type'] || filter['event_type'] === event_type).flatMap((type) => type.properties)
      : []
  const paths = [...new Map(properties.map((property) => [property.path, property.types.join(', ')]))]
  const offered =
    field === 'event_type'
      ? types.map(({ event_type }) => event_type)
      : field === 'event_category'
        ? types.map(({ event_category }) => event_category ?? '')
        : field === 'device_type'
          ? devices
          : properties.filter((property) => property.path === path).map(({ example }) => example)

  const take = (chosen: string): void => {
    const said = chosen.trim()
    const at = path.trim()
    if (said === '' || (isJson && at === '')) return
    if (field === 'device_type' && !devices.some((device) => device === said)) return
    setUrl({ [isJson ? `${field}.${at}` : field]: said, until: undefined })
    setValue('')
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    take(value)
  }

  return (
    <form onSubmit={submit} role="search" aria-label={t.label}>
      <Group gap="xs">
        <NativeSelect
          aria-label={t.field}
          value={field}
          data={[
            { group: t.fields, items: filterFields.map((name) => ({ value: name, label: t.names[name] })) },
            { group: t.properties, items: jsonFields.map((name) => ({ value: name, label: t.names[name] })) },
          ]}
          onChange={({ currentTarget }) => (setField(currentTarget.value), setPath(''), setValue(''))}
        />
        {isJson && (
          <TextInput
            aria-label={t.path}
            placeholder={t.path}
            value={path}
            list={`${lists}-paths`}
            onFocus={use}
            maw={180}
            onChange={({ currentTarget }) => setPath(currentTarget.value)}
          />
        )}
        {field === 'device_type' ? (
          <NativeSelect
            aria-label={t.value}
            value=""
            data={[{ value: '', label: t.choose }, ...devices.map((device) => ({ value: device, label: texts.events.devices[device] }))]}
            onChange={({ currentTarget }) => take(currentTarget.value)}
          />
        ) : (
          <TextInput
            aria-label={t.value}
            placeholder={field === 'event_type' ? t.typeHint : t.value}
            value={value}
            list={`${lists}-values`}
            onFocus={use}
            maxLength={255}
            data-search=""
            leftSection={<Icon name="search" size={16} />}
            onChange={({ currentTarget, nativeEvent }) => {
              // Chosen from the list, not typed: it is meant.
              if (!(nativeEvent instanceof InputEvent) || nativeEvent.inputType === 'insertReplacementText') take(currentTarget.value)
              else setValue(currentTarget.value)
            }}
          />
        )}
        {field !== 'device_type' && (
          <Button type="submit" variant="default" disabled={value.trim() === '' || (isJson && path.trim() === '')}>
            {t.add}
          </Button>
        )}
      </Group>
      <datalist id={`${lists}-values`}>
        {[...new Set(offered)].filter(Boolean).map((item) => (
          <option key={item} value={item}>
            {item}
          </option>
        ))}
      </datalist>
      <datalist id={`${lists}-paths`}>
        {paths.map(([item, kinds]) => (
          <option key={item} value={item}>
            {`${item} (${kinds})`}
          </option>
        ))}
      </datalist>
    </form>
  )
}

/** What is narrowed by now; each can be taken away. */
export function Chips({ filter }: { filter: Filter }) {
  const setUrl = useSetUrl()
  const conditions = Object.entries(filter).filter(([name]) => name !== 'include_bots')
  if (conditions.length === 0) return null
  return (
    <Group gap={6} role="group" aria-label={t.present}>
      {conditions.map(([name, value]) => (
        <Button
          key={name}
          size="compact-sm"
          variant="light"
          radius="xl"
          maw="100%"
          fw={500}
          rightSection={<Icon name="close" size={13} />}
          aria-label={t.remove(nameOf(name), value)}
          title={t.remove(nameOf(name), value)}
          onClick={() => setUrl({ [name]: undefined })}
        >
          {nameOf(name)}: {value}
        </Button>
      ))}
      {conditions.length > 1 && (
        <Button size="compact-sm" variant="subtle" onClick={() => setUrl(Object.fromEntries(conditions.map(([name]) => [name, undefined])))}>
          {t.clear}
        </Button>
      )}
    </Group>
  )
}

export const nameOf = (name: string): string => {
  const field = jsonFieldOf(name)
  return field ? `${t.names[field]} ${name.slice(field.length + 1)}` : isFilterField(name) ? t.names[name] : name
}
