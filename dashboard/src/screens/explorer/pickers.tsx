import { NativeSelect, Select, Text } from '@mantine/core'
import type { Series, Step } from '@cairn/wire/questions/question'
import { FIELD } from '@cairn/wire/questions/vocabulary'
import { useMemo, useState } from 'react'
import { fieldName, readMath, stepName } from '../../questions/names.ts'
import { useFields, useTypes, type Group, type Wanted } from '../../questions/seen.ts'
import { texts } from '../../texts/texts.ts'
import { useFormat } from '../../ui/format.ts'

const t = texts.insights.builder
const ANY = 'any'
type Choice = Group | Group['items'][number]

/** Which events: a type or a category that was seen, or any. */
export function StepPicker({ label, step, change }: { label: string; step: Step; change: (step: Step) => void }) {
  const types = useTypes()
  const { short } = useFormat()
  const { event, category } = step
  const value = event !== undefined ? `event ${event}` : category !== undefined ? `category ${category}` : ANY
  const counted = useMemo(() => new Map(types.map(({ event_type, count }) => [`event ${event_type}`, count])), [types])
  // The same list as long as it says the same: another one would take back what somebody is about to choose.
  const data = useMemo((): Choice[] => {
    const isNew = (seen: readonly string[], name: string | undefined): name is string => name !== undefined && !seen.includes(name)
    const events = types.map(({ event_type }) => event_type)
    const categories = [...new Set(types.flatMap(({ event_category }) => event_category ?? []))]
    // What an address names may not have come yet.
    if (isNew(events, event)) events.push(event)
    if (isNew(categories, category)) categories.push(category)
    return [
      { value: ANY, label: t.anyEvent },
      { group: t.types, items: events.map((name) => ({ value: `event ${name}`, label: name })) },
      ...(categories.length === 0
        ? []
        : [{ group: t.categories, items: categories.map((name) => ({ value: `category ${name}`, label: stepName({ category: name }) })) }]),
    ]
  }, [types, event, category])
  return (
    <Select
      aria-label={label}
      searchable
      allowDeselect={false}
      flex="1 1 12rem"
      miw={0}
      maxDropdownHeight={320}
      value={value}
      nothingFoundMessage={t.noSuchEvent}
      data={data}
      renderOption={({ option }) => (
        <>
          <span style={{ flex: 1, overflowWrap: 'anywhere' }}>{option.label}</span>
          {counted.has(option.value) && (
            <Text size="xs" c="dimmed">
              {short(counted.get(option.value) ?? 0)}
            </Text>
          )}
        </>
      )}
      onChange={(chosen) => {
        const { event: _event, category: _category, any: _any, ...rest } = step
        const [name = '', ...words] = (chosen ?? ANY).split(' ')
        change(name === ANY ? { ...rest, any: true } : { ...rest, [name]: words.join(' ') })
      }}
    />
  )
}

const isField = (text: string): boolean => new RegExp(FIELD).test(text)

interface FieldChoice {
  label: string
  value: string | undefined
  steps: readonly Step[]
  wanted?: Wanted
  /** Offers to choose none, under this name. */
  none?: string
  change: (field: string | undefined) => void
}

/** A field by type-ahead, with an example of its values; any other path can be typed in full. */
export function FieldPicker({ label, value, steps, wanted = 'any', none, change }: FieldChoice) {
  const { groups, exampleOf } = useFields(steps, wanted)
  const [typed, setTyped] = useState('')
  const path = typed.trim()
  const data = useMemo((): Choice[] => {
    const known = new Set(groups.flatMap(({ items }) => items.map((item) => item.value)))
    const more = [...new Set([path, value ?? ''])].filter((text) => isField(text) && !known.has(text))
    return [
      ...(none === undefined ? [] : [{ value: '', label: none }]),
      ...groups,
      ...(more.length > 0 ? [{ group: t.otherPath, items: more.map((one) => ({ value: one, label: fieldName(one) })) }] : []),
    ]
  }, [groups, none, path, value])
  return (
    <Select
      aria-label={label}
      placeholder={none ?? t.chooseField}
      searchable
      flex="1 1 10rem"
      miw={0}
      maxDropdownHeight={320}
      allowDeselect={false}
      value={value ?? (none === undefined ? null : '')}
      onSearchChange={setTyped}
      nothingFoundMessage={t.noSuchField}
      data={data}
      renderOption={({ option }) => (
        <span style={{ minWidth: 0 }}>
          {option.label}
          {exampleOf(option.value) !== undefined && (
            <Text size="xs" c="dimmed" truncate component="span" display="block">
              {t.example(exampleOf(option.value) ?? '')}
            </Text>
          )}
        </span>
      )}
      onChange={(chosen) => change(chosen || undefined)}
    />
  )
}

const FIRST_NUMBER = 'duration_ms'

/** What is counted or measured of the events of a series. */
export function MathPicker({ series, change }: { series: Series; change: (series: Series) => void }) {
  const math = readMath(series.math)
  const name = 'count' in math ? math.count : math.measure
  const choose = (chosen: string): void => {
    const field = 'measure' in math && (chosen === 'unique' || math.measure !== 'unique') ? math.field : FIRST_NUMBER
    change({ ...series, math: chosen in texts.vocabulary.counts ? chosen : `${chosen}:${field}` })
  }
  return (
    <>
      <NativeSelect
        aria-label={t.math}
        value={name}
        data={[
          { group: t.counted, items: Object.entries(texts.vocabulary.counts).map(([value, label]) => ({ value, label })) },
          { group: t.measured, items: Object.entries(texts.vocabulary.measures).map(([value, label]) => ({ value, label })) },
        ]}
        onChange={({ currentTarget }) => choose(currentTarget.value)}
      />
      {'measure' in math && (
        <FieldPicker
          label={t.measuredField}
          value={math.field}
          steps={[series]}
          wanted={math.measure === 'unique' ? 'any' : 'number'}
          change={(field) => change({ ...series, math: `${math.measure}:${field ?? FIRST_NUMBER}` })}
        />
      )}
    </>
  )
}
