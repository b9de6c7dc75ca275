import { ActionIcon, Button, Group, Stack } from '@mantine/core'
import type { Filter, Series, Step } from '@cairn/wire/questions/question'
import { filtersOf } from '../../questions/question.ts'
import { stepName } from '../../questions/names.ts'
import { texts } from '../../texts/texts.ts'
import { Icon } from '../../ui/icons.tsx'
import classes from './explorer.module.css'
import { Filters } from './filters.tsx'
import { MathPicker, StepPicker } from './pickers.tsx'

const t = texts.insights.builder
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

interface ListProps<T extends Step> {
  label: string
  steps: readonly T[]
  change: (steps: T[]) => void
  add: string
  least?: number
  most: number
  /** What stands before each: A, B, … or 1, 2, … */
  marks?: 'letters' | 'numbers'
  /** They can be counted or measured. */
  withMath?: boolean
}

/** Steps or series, one below the other: chosen, narrowed, moved, taken away. */
export function StepList<T extends Step>({ label, steps, change, add, least = 1, most, marks = 'numbers', withMath = false }: ListProps<T>) {
  const put = (at: number, step: T): void => change(steps.map((one, i) => (i === at ? step : one)))
  const move = (at: number): void => change([...steps.slice(0, at - 1), ...steps.slice(at, at + 1), ...steps.slice(at - 1, at), ...steps.slice(at + 1)])
  return (
    <Stack gap={6} role="group" aria-label={label}>
      <p className={classes['label']}>{label}</p>
      {steps.map((step, i) => {
        const mark = marks === 'letters' ? (LETTERS[i] ?? '') : `${i + 1}`
        return (
          // The place of a step is what it is called by.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={i} className={classes['step']}>
            <Group gap={6} wrap="nowrap" align="center">
              <span className={classes['letter']} aria-hidden="true">
                {mark}
              </span>
              <StepPicker label={t.stepOf(mark)} step={step} change={(next) => put(i, { ...next } as T)} />
              {marks === 'numbers' && i > 0 && (
                <ActionIcon variant="subtle" color="gray" aria-label={t.moveUp(mark)} onClick={() => move(i)}>
                  <span aria-hidden="true">↑</span>
                </ActionIcon>
              )}
              {steps.length > least && (
                <ActionIcon variant="subtle" color="gray" aria-label={t.removeStep(mark)} onClick={() => change(steps.filter((_, n) => n !== i))}>
                  <Icon name="close" size={14} />
                </ActionIcon>
              )}
            </Group>
            <StepDetails step={step} withMath={withMath} change={(next) => put(i, next as T)} />
          </div>
        )
      })}
      {steps.length < most && (
        <Button
          size="compact-sm"
          variant="subtle"
          w="fit-content"
          leftSection={<Icon name="plus" size={14} />}
          onClick={() => change([...steps, { any: true } as T])}
        >
          {add}
        </Button>
      )}
    </Stack>
  )
}

/** One step by itself, such as where retention begins. */
export function OneStep({ label, step, change }: { label: string; step: Step; change: (step: Step) => void }) {
  return (
    <Stack gap={6} role="group" aria-label={label}>
      <p className={classes['label']}>{label}</p>
      <div className={classes['step']}>
        <StepPicker label={label} step={step} change={change} />
        <StepDetails step={step} change={change} />
      </div>
    </Stack>
  )
}

/** What narrows a step, and what is measured of it. */
export function StepDetails({ step, withMath = false, change }: { step: Series; withMath?: boolean; change: (step: Series) => void }) {
  const put = (filters: Filter[]): void => {
    const { filters: _, ...rest } = step
    change(filters.length === 0 ? rest : { ...rest, filters: filtersOf(filters) })
  }
  return (
    <Stack gap={4} mt={6}>
      {withMath && (
        <Group gap={4}>
          <MathPicker series={step} change={change} />
        </Group>
      )}
      <Filters filters={step.filters ?? []} steps={[step]} of={stepName(step)} change={put} />
    </Stack>
  )
}
