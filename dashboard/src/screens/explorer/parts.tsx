import { ActionIcon, Button, Group, NativeSelect, NumberInput, Stack, Textarea, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import type { Question, QuestionOf, Step } from '@cairn/wire/questions/question'
import { intervals, orders, retentionModes, subjects } from '@cairn/wire/questions/vocabulary'
import { useState, type ReactNode } from 'react'
import { stepsOf } from '../../questions/question.ts'
import { texts } from '../../texts/texts.ts'
import { Icon } from '../../ui/icons.tsx'
import classes from './explorer.module.css'
import { FieldPicker } from './pickers.tsx'
import { OneStep, StepList } from './series.tsx'

const t = texts.insights.builder
const PERIODS = ['day', 'week', 'month'] as const
const TYPING_MS = 350

interface Props<Q> {
  question: Q
  change: (question: Question) => void
}

/** What is asked, in the words of its kind. */
export function Parts({ question, change }: Props<Question>) {
  switch (question.kind) {
    case 'trends':
      return <TrendsParts question={question} change={change} />
    case 'funnel':
      return <FunnelParts question={question} change={change} />
    case 'retention':
      return <RetentionParts question={question} change={change} />
    case 'paths':
      return <PathsParts question={question} change={change} />
    case 'lifecycle':
      return (
        <>
          <OneStep label={t.active} step={stepsOf(question)[0] ?? ANY} change={(step) => change({ ...question, series: [step] })} />
          <Choice label={t.interval} value={question.interval ?? 'day'} names={PERIODS} change={(interval) => change({ ...question, interval })} />
        </>
      )
    case 'stickiness':
      return (
        <>
          <StepList
            label={t.events}
            steps={stepsOf(question)}
            add={t.addSeries}
            most={10}
            marks="letters"
            change={(series) => change({ ...question, series })}
          />
          <Choice label={t.interval} value={question.interval ?? 'day'} names={PERIODS} change={(interval) => change({ ...question, interval })} />
        </>
      )
    case 'distribution':
      return (
        <>
          <OneStep label={t.events} step={stepsOf(question)[0] ?? ANY} change={(step) => change({ ...question, series: [step] })} />
          <Labelled label={t.numberField}>
            <FieldPicker
              label={t.numberField}
              value={question.field}
              steps={stepsOf(question)}
              wanted="number"
              change={(field = question.field) => change({ ...question, field })}
            />
          </Labelled>
          <Count label={t.bins} value={question.bins ?? 20} min={1} max={200} change={(bins) => change({ ...question, bins })} />
        </>
      )
    case 'correlation':
      return <CorrelationParts question={question} change={change} />
    case 'sql':
      return <SqlParts question={question} change={change} />
    default:
      return question satisfies never
  }
}

const ANY: Step = { any: true }

function TrendsParts({ question, change }: Props<QuestionOf<'trends'>>) {
  const { series, formula, cumulative = false, moving_average: average } = question
  return (
    <>
      <StepList label={t.series} steps={series} add={t.addSeries} most={10} marks="letters" withMath change={(next) => change({ ...question, series: next })} />
      <Breakdown question={question} change={change} />
      <Group gap="xs" align="flex-end" grow>
        <Choice
          label={t.interval}
          value={question.interval ?? ''}
          names={['', ...intervals]}
          change={(interval) => change({ ...question, interval: interval === '' ? undefined : interval })}
        />
        <Choice
          label={t.smoothing}
          value={cumulative ? 'cumulative' : average === undefined ? 'none' : 'average'}
          names={['none', 'cumulative', 'average']}
          change={(how) => change({ ...question, cumulative: how === 'cumulative' ? true : undefined, moving_average: how === 'average' ? 7 : undefined })}
        />
      </Group>
      {average !== undefined && <Count label={t.averageOf} value={average} min={2} max={90} change={(next) => change({ ...question, moving_average: next })} />}
      <Typed
        label={t.formula}
        hint={t.formulaHint}
        value={formula ?? ''}
        change={(text) => change({ ...question, formula: text.trim() === '' ? undefined : text })}
      />
    </>
  )
}

const UNITS = ['s', 'm', 'h', 'd', 'w'] as const

function FunnelParts({ question, change }: Props<QuestionOf<'funnel'>>) {
  const { steps, window = '7d', exclude = [] } = question
  const [size, unit] = [Number.parseInt(window, 10), UNITS.find((one) => window.endsWith(one)) ?? 'd']
  return (
    <>
      <StepList label={t.steps} steps={steps} add={t.addStep} least={2} most={20} change={(next) => change({ ...question, steps: next })} />
      <Group gap="xs" align="flex-end" grow>
        <Count label={t.window} value={size} min={1} max={999_999} change={(n) => change({ ...question, window: `${n}${unit}` })} />
        <Choice label={t.unit} value={unit} names={UNITS} change={(next) => change({ ...question, window: `${size}${next}` })} />
      </Group>
      <Group gap="xs" align="flex-end" grow>
        <Choice label={t.order} value={question.order ?? 'ordered'} names={orders} change={(order) => change({ ...question, order })} />
        <Choice label={t.by} value={question.by ?? 'person'} names={subjects} change={(by) => change({ ...question, by })} />
      </Group>
      <Breakdown question={question} change={change} />
      {exclude.length > 0 ? (
        <StepList
          label={t.exclude}
          steps={exclude}
          add={t.addExclusion}
          least={0}
          most={10}
          change={(next) => change({ ...question, exclude: next.length === 0 ? undefined : next })}
        />
      ) : (
        <Button
          size="compact-sm"
          variant="subtle"
          w="fit-content"
          leftSection={<Icon name="plus" size={14} />}
          onClick={() => change({ ...question, exclude: [ANY] })}
        >
          {t.addExclusion}
        </Button>
      )}
    </>
  )
}

function RetentionParts({ question, change }: Props<QuestionOf<'retention'>>) {
  return (
    <>
      <OneStep label={t.start} step={question.start} change={(start) => change({ ...question, start })} />
      <OneStep label={t.return} step={question.return} change={(back) => change({ ...question, return: back })} />
      <Group gap="xs" align="flex-end" grow>
        <Choice label={t.interval} value={question.interval ?? 'day'} names={PERIODS} change={(interval) => change({ ...question, interval })} />
        <Count label={t.periods} value={question.periods ?? 8} min={1} max={60} change={(periods) => change({ ...question, periods })} />
      </Group>
      <Choice label={t.cohorts} value={question.mode ?? 'first_time'} names={retentionModes} change={(mode) => change({ ...question, mode })} />
    </>
  )
}

function PathsParts({ question, change }: Props<QuestionOf<'paths'>>) {
  const { start, end, ...rest } = question
  const where = start === undefined ? (end === undefined ? 'any' : 'end') : 'start'
  const at = start ?? end
  const step = typeof at === 'string' ? { event: at } : (at ?? ANY)
  return (
    <>
      <Choice
        label={t.pathsFrom}
        value={where}
        names={['any', 'start', 'end']}
        change={(next) => change({ ...rest, ...(next === 'start' ? { start: step } : next === 'end' ? { end: step } : {}) })}
      />
      {where !== 'any' && <OneStep label={where === 'start' ? t.pathStart : t.pathEnd} step={step} change={(next) => change({ ...rest, [where]: next })} />}
      <Choice
        label={t.pathField}
        value={question.field ?? 'event_type'}
        names={['event_type', 'url_path']}
        change={(field) => change({ ...question, field })}
      />
      <Group gap="xs" align="flex-end" grow>
        <Count label={t.depth} value={question.depth ?? 5} min={1} max={10} change={(depth) => change({ ...question, depth })} />
        <Count label={t.top} value={question.top ?? 10} min={1} max={50} change={(top) => change({ ...question, top })} />
      </Group>
    </>
  )
}

function CorrelationParts({ question, change }: Props<QuestionOf<'correlation'>>) {
  const { start, fields } = question
  const free = 20 - fields.length
  return (
    <>
      <OneStep label={t.target} step={question.target} change={(target) => change({ ...question, target })} />
      {start === undefined ? (
        <Button size="compact-sm" variant="subtle" w="fit-content" onClick={() => change({ ...question, start: ANY })}>
          {t.addBegin}
        </Button>
      ) : (
        <OneStep label={t.begin} step={start} change={(next) => change({ ...question, start: next.any && !next.filters ? undefined : next })} />
      )}
      <Stack gap={6} role="group" aria-label={t.fields}>
        <p className={classes['label']}>{t.fields}</p>
        {fields.map((field) => (
          <Group key={field} gap={4} wrap="nowrap">
            <FieldPicker
              label={t.fieldOf(field)}
              value={field}
              steps={stepsOf(question)}
              change={(next = field) => change({ ...question, fields: [...new Set(fields.map((one) => (one === field ? next : one)))] })}
            />
            {fields.length > 1 && (
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t.removeField(field)}
                onClick={() => change({ ...question, fields: fields.filter((one) => one !== field) })}
              >
                <Icon name="close" size={14} />
              </ActionIcon>
            )}
          </Group>
        ))}
        {free > 0 && (
          <Group grow>
            <FieldPicker
              key={fields.length}
              label={t.addField}
              none={t.addField}
              value={undefined}
              steps={stepsOf(question)}
              change={(next) => next && change({ ...question, fields: [...new Set([...fields, next])] })}
            />
          </Group>
        )}
      </Stack>
    </>
  )
}

function SqlParts({ question, change }: Props<QuestionOf<'sql'>>) {
  const [text, setText] = useState(question.query)
  const run = (): void => change({ ...question, query: text })
  return (
    <Stack gap="xs">
      <Textarea
        label={t.sql}
        description={t.sqlHint}
        autosize
        minRows={8}
        maxRows={24}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8125rem' } }}
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
          event.preventDefault()
          run()
        }}
      />
      <Button w="fit-content" leftSection={<Icon name="play" size={14} />} onClick={run}>
        {t.run}
      </Button>
    </Stack>
  )
}

function Breakdown({ question, change }: Props<QuestionOf<'trends'> | QuestionOf<'funnel'>>) {
  return (
    <Labelled label={t.breakdown}>
      <FieldPicker
        label={t.breakdown}
        none={t.noBreakdown}
        value={question.breakdown}
        steps={stepsOf(question)}
        change={(breakdown) => change({ ...question, breakdown })}
      />
    </Labelled>
  )
}

/** Of names that the contract lists; what each is called stands with the other texts. */
function Choice<N extends string>({ label, value, names, change }: { label: string; value: N; names: readonly N[]; change: (name: N) => void }) {
  const words: Readonly<Record<string, string>> = t.names
  return (
    <NativeSelect
      label={label}
      value={value}
      data={names.map((name) => ({ value: name, label: words[name] ?? name }))}
      onChange={({ currentTarget }) => {
        const chosen = names.find((name) => name === currentTarget.value)
        if (chosen !== undefined) change(chosen)
      }}
    />
  )
}

function Count({ label, value, min, max, change }: { label: string; value: number; min: number; max: number; change: (value: number) => void }) {
  return (
    <NumberInput
      label={label}
      value={value}
      min={min}
      max={max}
      allowDecimal={false}
      clampBehavior="strict"
      hideControls
      onChange={(next) => typeof next === 'number' && next >= min && next <= max && change(next)}
    />
  )
}

/** Changes the question a moment after the last letter. */
function Typed({ label, hint, value, change }: { label: string; hint: string; value: string; change: (text: string) => void }) {
  const [text, setText] = useState(value)
  const settle = useDebouncedCallback(change, TYPING_MS)
  return (
    <TextInput
      label={label}
      placeholder={hint}
      value={text}
      maxLength={200}
      onChange={({ currentTarget }) => (setText(currentTarget.value), settle(currentTarget.value))}
    />
  )
}

const Labelled = ({ label, children }: { label: string; children: ReactNode }) => (
  <Stack gap={4}>
    <p className={classes['label']}>{label}</p>
    <Group grow>{children}</Group>
  </Stack>
)
