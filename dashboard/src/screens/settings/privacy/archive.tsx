import { NumberInput, Radio, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { texts } from '../../../texts/texts.ts'
import { useFormat } from '../../../ui/format.ts'
import { Form } from '../../../ui/form.tsx'
import { said } from '../../../ui/notice.ts'
import { Section } from '../../../ui/section.tsx'
import { FormEnd } from '../form-end.tsx'
import { useSettings, type WorkspaceSettings } from '../use-settings.ts'
import { isDays, MOST_DAYS } from './retention.tsx'

const t = texts.settings.privacy
/** Six months, where somebody chooses to archive at all. */
const DEFAULT_DAYS = 180

/** After how many days a month becomes a file. */
export function Archive({ settings: { archive_days: kept } }: { settings: WorkspaceSettings }) {
  const { change, mayChange } = useSettings()
  const { number } = useFormat()
  const [isNever, setNever] = useState(kept === 'never')
  const [days, setDays] = useState<number | string>(kept === 'never' ? DEFAULT_DAYS : kept)
  const next = isNever ? 'never' : Number(days)
  const isValid = isNever || isDays(days, 1)
  return (
    <Section title={t.archive} lead={t.archiveLead}>
      {mayChange ? (
        <Form
          submit={() => {
            if (isValid && next !== kept) change.mutate({ archive_days: next }, { onSuccess: () => said(t.saved) })
          }}
        >
          <Radio.Group aria-label={t.archive} value={isNever ? 'never' : 'days'} onChange={(chosen) => setNever(chosen === 'never')}>
            <Stack gap="sm">
              <Radio value="never" label={t.never} description={t.neverHint} />
              <Radio value="days" label={t.archiveDays} description={t.archiveDaysHint} />
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
        <Text size="sm">{kept === 'never' ? t.archivedNever : t.archivedDays(number(kept))}</Text>
      )}
    </Section>
  )
}
