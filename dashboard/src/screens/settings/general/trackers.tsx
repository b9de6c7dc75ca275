import { NumberInput, Text } from '@mantine/core'
import { breakerBounds } from '@cairn/wire/breaker'
import { useState } from 'react'
import { texts } from '../../../texts/texts.ts'
import { useFormat } from '../../../ui/format.ts'
import { Form } from '../../../ui/form.tsx'
import { said } from '../../../ui/notice.ts'
import { Section } from '../../../ui/section.tsx'
import { Fact, Facts } from '../facts.tsx'
import { FormEnd } from '../form-end.tsx'
import { useSettings, type WorkspaceSettings } from '../use-settings.ts'

const t = texts.settings.general
const MS = 1_000

/** The fields as people think of them: percent, and seconds of rest. */
const fields = ['sampling', 'budget', 'failures', 'rest'] as const
type Field = (typeof fields)[number]
type Values = Record<Field, number | string>
const bounds: Record<Field, readonly [least: number, most: number]> = {
  sampling: [0, 100],
  budget: breakerBounds.budget_ms,
  failures: breakerBounds.failures,
  rest: [breakerBounds.rest_ms[0] / MS, breakerBounds.rest_ms[1] / MS],
}
const shown = ({ sampling, breaker }: WorkspaceSettings): Record<Field, number> => ({
  // A share such as 0.07 is 7.000000000000001 percent otherwise.
  sampling: Number((sampling * 100).toFixed(6)),
  budget: breaker.budget_ms,
  failures: breaker.failures,
  rest: breaker.rest_ms / MS,
})
const isGood = (field: Field, value: number | string): boolean => {
  const [least, most] = bounds[field]
  return value !== '' && Number(value) >= least && Number(value) <= most && (field === 'sampling' || Number.isInteger(Number(value)))
}

/** Which events browsers send, and when a tracker steps back. */
export function Trackers({ settings }: { settings: WorkspaceSettings }) {
  const { mayChange } = useSettings()
  return (
    <Section title={t.trackers} lead={t.trackersLead}>
      {mayChange ? <ChangeTrackers settings={settings} /> : <ReadTrackers settings={settings} />}
    </Section>
  )
}

function ChangeTrackers({ settings }: { settings: WorkspaceSettings }) {
  const { change } = useSettings()
  const { number } = useFormat()
  const before = shown(settings)
  const [values, setValues] = useState<Values>(before)
  const changed = fields.filter((field) => Number(values[field]) !== before[field] || values[field] === '')
  const isValid = changed.every((field) => isGood(field, values[field]))
  const save = (): void => {
    if (changed.length === 0 || !isValid) return
    const breaker = { budget_ms: Number(values.budget), failures: Number(values.failures), rest_ms: Number(values.rest) * MS }
    change.mutate({ sampling: Number(values.sampling) / 100, breaker }, { onSuccess: () => said(t.saved) })
  }
  const field = (name: Field, range: string) => (
    <NumberInput
      label={t[name]}
      description={name === 'sampling' ? t.samplingHint : undefined}
      value={values[name]}
      allowDecimal={name === 'sampling'}
      allowNegative={false}
      hideControls
      error={changed.includes(name) && !isGood(name, values[name]) ? range : undefined}
      onChange={(value) => setValues({ ...values, [name]: value })}
    />
  )
  const between = (name: Field): string => t.between(number(bounds[name][0]), number(bounds[name][1]))
  return (
    <Form submit={save} maw={460}>
      {field('sampling', t.samplingRange)}
      <Text size="sm">{t.breaker}</Text>
      {field('budget', between('budget'))}
      {field('failures', between('failures'))}
      {field('rest', between('rest'))}
      <FormEnd isChanged={isValid && changed.length > 0} isPending={change.isPending} error={change.error} />
    </Form>
  )
}

function ReadTrackers({ settings }: { settings: WorkspaceSettings }) {
  const { number } = useFormat()
  const values = shown(settings)
  return (
    <Facts>
      {fields.map((name) => (
        <Fact key={name} name={t[name]}>
          {name === 'sampling' && values.sampling === 100 ? t.samplingAll : number(values[name])}
        </Fact>
      ))}
    </Facts>
  )
}
