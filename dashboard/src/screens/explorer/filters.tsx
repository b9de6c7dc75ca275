import { ActionIcon, Autocomplete, Button, Group, NativeSelect, Stack, TagsInput, TextInput } from '@mantine/core'
import type { Condition, Filter, Step } from '@cairn/wire/questions/question'
import { operatorNames, operators, type Operator } from '@cairn/wire/questions/vocabulary'
import { useState } from 'react'
import { DEEPEST } from '../../questions/question.ts'
import { useCohorts, useValues } from '../../questions/seen.ts'
import { texts } from '../../texts/texts.ts'
import { Icon } from '../../ui/icons.tsx'
import classes from './explorer.module.css'
import { FieldPicker } from './pickers.tsx'

const t = texts.insights.filters
const FIRST: Condition = { field: 'device_type', op: 'eq' }

interface Props {
  filters: readonly Filter[]
  change: (filters: Filter[]) => void
  /** Whose properties are offered. */
  steps: readonly Step[]
  /** What is narrowed, for those who hear the page. */
  of: string
  depth?: number
  /** Of the group that they are in. */
  joined?: 'any' | 'all'
}

/** Conditions one below the other; groups within groups of which any or all hold. */
export function Filters({ filters, change, steps, of, depth = 1, joined = 'all' }: Props) {
  const put = (at: number, filter: Filter | undefined): void => change(filters.flatMap((one, i) => (i !== at ? [one] : filter ? [filter] : [])))
  return (
    <Stack gap={6} role="group" aria-label={t.label(of)}>
      {filters.map((filter, i) => (
        // A condition has no name of its own; what it is, is where it stands.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={i} className={classes['condition']}>
          {i > 0 && <span className={classes['joint']}>{joined === 'any' ? t.or : t.and}</span>}
          {'op' in filter ? (
            <ConditionRow condition={filter} steps={steps} change={(next) => put(i, next)} remove={() => put(i, undefined)} />
          ) : (
            <FilterGroup filter={filter} steps={steps} depth={depth} of={of} change={(next) => put(i, next)} />
          )}
        </div>
      ))}
      <Group gap={4}>
        <Button
          size="compact-sm"
          variant="subtle"
          leftSection={<Icon name="filter" size={14} />}
          aria-label={t.addTo(of)}
          onClick={() => change([...filters, FIRST])}
        >
          {t.add}
        </Button>
        {filters.length > 0 && depth < DEEPEST && (
          <Button size="compact-sm" variant="subtle" aria-label={t.addGroupTo(of)} onClick={() => change([...filters, { any: [FIRST, FIRST] }])}>
            {t.addGroup}
          </Button>
        )}
      </Group>
    </Stack>
  )
}

function FilterGroup({
  filter,
  steps,
  depth,
  of,
  change,
}: {
  filter: Exclude<Filter, Condition>
  steps: readonly Step[]
  depth: number
  of: string
  change: (filter: Filter | undefined) => void
}) {
  const joined = 'any' in filter ? 'any' : 'all'
  const inner = 'any' in filter ? filter.any : filter.all
  const put = (how: 'any' | 'all', filters: Filter[]): void => change(filters.length === 0 ? undefined : how === 'any' ? { any: filters } : { all: filters })
  return (
    <div className={classes['group']}>
      <NativeSelect
        size="xs"
        w="fit-content"
        mb={6}
        aria-label={t.joined}
        value={joined}
        data={[
          { value: 'any', label: t.any },
          { value: 'all', label: t.all },
        ]}
        onChange={({ currentTarget }) => put(currentTarget.value === 'any' ? 'any' : 'all', inner)}
      />
      <Filters filters={inner} steps={steps} depth={depth + 1} of={of} joined={joined} change={(filters) => put(joined, filters)} />
    </div>
  )
}

interface Row {
  condition: Condition
  steps: readonly Step[]
  change: (condition: Condition) => void
  remove: () => void
}

function ConditionRow({ condition, steps, change, remove }: Row) {
  const { field, op } = condition
  const isCohort = operators[op].values === 'cohort'
  const cohorts = useCohorts()
  const setOp = (next: Operator): void => {
    const { values } = operators[next]
    if (values === operators[op].values) change({ ...condition, op: next })
    else change(values === 'cohort' ? { op: next, value: cohorts[0]?.id } : { field: field ?? FIRST.field, op: next })
  }
  // Without cohorts there is nothing that they could be chosen from.
  const offered = operatorNames.filter((name) => operators[name].values !== 'cohort' || cohorts.length > 0 || name === op)
  return (
    <Group gap={4} wrap="nowrap" align="flex-start" flex={1} miw={0}>
      <Group gap={4} wrap="wrap" align="center" flex={1} miw={0}>
        {!isCohort && <FieldPicker label={t.field} value={field} steps={steps} change={(next) => change({ field: next ?? field, op })} />}
        <NativeSelect
          aria-label={t.operator}
          flex="1 1 8.5rem"
          value={op}
          data={offered.map((name) => ({ value: name, label: texts.vocabulary.operators[name] }))}
          onChange={({ currentTarget }) => setOp(operatorNames.find((name) => name === currentTarget.value) ?? 'eq')}
        />
        <ConditionValue condition={condition} change={change} />
      </Group>
      <ActionIcon variant="subtle" color="gray" size={36} aria-label={t.remove} onClick={remove}>
        <Icon name="close" size={14} />
      </ActionIcon>
    </Group>
  )
}

const asText = (value: Condition['value']): string => (value === undefined || Array.isArray(value) ? '' : String(value))
/** Numbers where an operator compares numbers; texts elsewhere, which numbers equal. */
const asNumber = (text: string): string | number => (text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text))

/** What a condition compares with; values that came are offered. */
export function ConditionValue({ condition, change }: Pick<Row, 'condition' | 'change'>) {
  const [isWanted, setWanted] = useState(false)
  const { op, value } = condition
  const { values } = operators[op]
  const found = useValues(condition, isWanted)
  const cohorts = useCohorts()
  switch (values) {
    case 'none':
      return null
    case 'list':
      return (
        <TagsInput
          aria-label={t.values}
          placeholder={t.valuesHint}
          flex="1 1 10rem"
          miw={0}
          data={found}
          value={Array.isArray(value) ? value.map(String) : []}
          onFocus={() => setWanted(true)}
          onChange={(next) => change({ ...condition, value: next })}
        />
      )
    case 'pair': {
      const [least = '', most = ''] = Array.isArray(value) ? value.map(String) : []
      return (
        <Group gap={4} wrap="nowrap">
          <TextInput
            aria-label={t.least}
            w="6rem"
            inputMode="decimal"
            value={least}
            onChange={({ currentTarget }) => change({ ...condition, value: [asNumber(currentTarget.value), asNumber(most)] })}
          />
          <TextInput
            aria-label={t.most}
            w="6rem"
            inputMode="decimal"
            value={most}
            onChange={({ currentTarget }) => change({ ...condition, value: [asNumber(least), asNumber(currentTarget.value)] })}
          />
        </Group>
      )
    }
    case 'cohort':
      return (
        <NativeSelect
          aria-label={t.cohort}
          flex="1 1 10rem"
          value={asText(value)}
          data={cohorts.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={({ currentTarget }) => change({ ...condition, value: currentTarget.value })}
        />
      )
    case 'one': {
      const isNumber = ['gt', 'gte', 'lt', 'lte'].includes(op)
      return (
        <Autocomplete
          aria-label={t.value}
          placeholder={t.value}
          flex="1 1 8rem"
          miw={0}
          maxDropdownHeight={240}
          data={isNumber ? [] : found}
          value={asText(value)}
          onFocus={() => setWanted(true)}
          onChange={(text) => change({ ...condition, value: isNumber ? asNumber(text) : text })}
        />
      )
    }
    default:
      return values satisfies never
  }
}
