import { NumberInput, Radio, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { texts } from '../../../texts/texts.ts'
import { useFormat } from '../../../ui/format.ts'
import { said } from '../../../ui/notice.ts'
import { Section } from '../../../ui/section.tsx'
import { FormEnd } from '../form-end.tsx'
import { useSettings, type WorkspaceSettings } from '../use-settings.ts'
import { Form } from '../../../ui/form.tsx'

const t = texts.settings.privacy
const DEFAULT_DAYS = 365
export const MOST_DAYS = 36_500

export function Retention({ settings: { retention_days: kept } }: { settings: WorkspaceSettings }) {
  const { change, mayChange } = useSettings()
  const format = useFormat()
  const [isForever, setForever] = useState(kept === 'forever')
  const [days, setDays] = useState<number | string>(kept === 'forever' ? DEFAULT_DAYS : kept)
  const next = isForever ? 'forever' : Number(days)
  const isValid = isForever || isDays(days, 1)
  if (!mayChange)
    return (
      <Section title={t.retention}>
        <Text size="sm">{kept === 'forever' ? t.keptForever : t.keptDays(format.number(kept))}</Text>
      </Section>
    )
  return (
    <Section title={t.retention}>
      <Form
        submit={() => {
          if (isValid && next !== kept) change.mutate({ retention_days: next }, { onSuccess: () => said(t.saved) })
        }}
      >
        <Radio.Group aria-label={t.retention} value={isForever ? 'forever' : 'days'} onChange={(chosen) => setForever(chosen === 'forever')}>
          <Stack gap="sm">
            <Radio value="forever" label={t.forever} description={t.foreverHint} />
            <Radio value="days" label={t.days} description={t.daysHint} />
          </Stack>
        </Radio.Group>
        {!isForever && (
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
    </Section>
  )
}

export const isDays = (value: number | string, least: number): boolean =>
  value !== '' && Number.isInteger(Number(value)) && Number(value) >= least && Number(value) <= MOST_DAYS
