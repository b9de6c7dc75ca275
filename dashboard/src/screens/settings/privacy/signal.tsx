import { Radio, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { texts } from '../../../texts/texts.ts'
import { said } from '../../../ui/notice.ts'
import { Section } from '../../../ui/section.tsx'
import { Fact, Facts } from '../facts.tsx'
import { FormEnd } from '../form-end.tsx'
import { useSettings, type WorkspaceSettings } from '../use-settings.ts'
import { Form } from '../../../ui/form.tsx'

const t = texts.settings.privacy

/** Global Privacy Control: a choice between two ways, neither shown as a loss. */
export function Signal({ settings: { gpc } }: { settings: WorkspaceSettings }) {
  const { change, mayChange } = useSettings()
  const [chosen, setChosen] = useState(gpc)
  return (
    <Section title={t.gpc} lead={t.gpcLead}>
      {mayChange ? (
        <Form submit={() => change.mutate({ gpc: chosen }, { onSuccess: () => said(t.saved) })}>
          <Radio.Group aria-label={t.gpc} value={chosen} onChange={(value) => setChosen(value === 'ignore' ? 'ignore' : 'honour')}>
            <Stack gap="sm">
              <Radio value="honour" label={t.honour} description={t.honourHint} />
              <Radio value="ignore" label={t.ignore} description={t.ignoreHint} />
            </Stack>
          </Radio.Group>
          <Text size="sm" c="dimmed">
            {t.gpcKnown}
          </Text>
          <FormEnd isChanged={chosen !== gpc} isPending={change.isPending} error={change.error} />
        </Form>
      ) : (
        <Facts>
          <Fact name={gpc === 'honour' ? t.honour : t.ignore}>{gpc === 'honour' ? t.honourHint : t.ignoreHint}</Fact>
        </Facts>
      )}
    </Section>
  )
}
