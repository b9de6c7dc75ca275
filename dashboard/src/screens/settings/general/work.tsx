import { Switch, Text, Textarea } from '@mantine/core'
import { useState } from 'react'
import { texts } from '../../../texts/texts.ts'
import { Form } from '../../../ui/form.tsx'
import { linesOf } from '../../../ui/lines.ts'
import { said } from '../../../ui/notice.ts'
import { Section } from '../../../ui/section.tsx'
import { Fact, Facts } from '../facts.tsx'
import { FormEnd } from '../form-end.tsx'
import { useSettings, type WorkspaceSettings } from '../use-settings.ts'

const t = texts.settings.general

/** What a log-in does to others, and when work is done. */
export function Work({ settings }: { settings: WorkspaceSettings }) {
  const { mayChange } = useSettings()
  return <Section title={t.work}>{mayChange ? <ChangeWork settings={settings} /> : <ReadWork settings={settings} />}</Section>
}

function ChangeWork({ settings: { single_session, done_statuses } }: { settings: WorkspaceSettings }) {
  const { change } = useSettings()
  const [single, setSingle] = useState(single_session)
  const [done, setDone] = useState(done_statuses.join('\n'))
  const lines = linesOf(done)
  const isChanged = single !== single_session || lines.join('\n') !== done_statuses.join('\n')
  return (
    <Form
      maw={560}
      submit={() => {
        if (isChanged) change.mutate({ single_session: single, done_statuses: lines }, { onSuccess: () => said(t.saved) })
      }}
    >
      <Switch label={t.single} description={t.singleHint} checked={single} onChange={({ currentTarget }) => setSingle(currentTarget.checked)} />
      <Textarea
        label={t.done}
        description={t.doneHint}
        autosize
        minRows={2}
        maxRows={10}
        value={done}
        onChange={({ currentTarget }) => setDone(currentTarget.value)}
      />
      <FormEnd isChanged={isChanged} isPending={change.isPending} error={change.error} />
    </Form>
  )
}

const ReadWork = ({ settings: { single_session, done_statuses } }: { settings: WorkspaceSettings }) => (
  <>
    <Text size="sm">{single_session ? t.singleOn : t.singleOff}</Text>
    <Facts>
      <Fact name={t.done}>{done_statuses.length === 0 ? t.doneNone : done_statuses.join(', ')}</Fact>
    </Facts>
  </>
)
