import { NumberInput, Radio, Stack, Text } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { texts } from '../../../texts/texts.ts'
import { Form } from '../../../ui/form.tsx'
import { said } from '../../../ui/notice.ts'
import { Section } from '../../../ui/section.tsx'
import { FormEnd } from '../form-end.tsx'
import { useSettings, type WorkspaceSettings } from '../use-settings.ts'

const t = texts.settings.privacy
export const MOST_DAYS = 36_500

export const isDays = (value: number | string, least: number): boolean =>
  value !== '' && Number.isInteger(Number(value)) && Number(value) >= least && Number(value) <= MOST_DAYS

interface Choice<Never extends string> {
  title: string
  lead?: ReactNode
  /** What stands in the settings for "at no age", and how it is called. */
  never: { value: Never; label: string; hint: string }
  days: { label: string; hint: string; first: number }
  kept: Never | number
  /** For who may not change it. */
  told: string
  patch(next: Never | number): Partial<WorkspaceSettings>
}

/** From which age on something is done with events, in days, or at none. */
export function Age<Never extends string>({ title, lead, never, days: { label, hint, first }, kept, told, patch }: Choice<Never>) {
  const { change, mayChange } = useSettings()
  const [isNever, setNever] = useState(kept === never.value)
  const [days, setDays] = useState<number | string>(kept === never.value ? first : kept)
  const next = isNever ? never.value : Number(days)
  const isValid = isNever || isDays(days, 1)
  return (
    <Section title={title} lead={lead}>
      {mayChange ? (
        <Form
          submit={() => {
            if (isValid && next !== kept) change.mutate(patch(next), { onSuccess: () => said(t.saved) })
          }}
        >
          <Radio.Group aria-label={title} value={isNever ? 'never' : 'days'} onChange={(chosen) => setNever(chosen === 'never')}>
            <Stack gap="sm">
              <Radio value="never" label={never.label} description={never.hint} />
              <Radio value="days" label={label} description={hint} />
            </Stack>
          </Radio.Group>
          {!isNever && (
            <NumberInput
              label={t.daysLabel}
              maw={180}
              value={days}
              min={1}
              max={MOST_DAYS}
              allowDecimal={false}
              allowNegative={false}
              hideControls
              error={isValid ? undefined : t.daysRange}
              onChange={setDays}
            />
          )}
          <FormEnd isChanged={isValid && next !== kept} isPending={change.isPending} error={change.error} />
        </Form>
      ) : (
        <Text size="sm">{told}</Text>
      )}
    </Section>
  )
}
