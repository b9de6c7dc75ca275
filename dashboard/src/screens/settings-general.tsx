import { Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { texts } from '../texts/texts.ts'
import { Faces, Waiting } from '../ui/faces.tsx'
import { said } from '../ui/notice.ts'
import { Section } from '../ui/section.tsx'
import { checks, faultsOf, hasFaults, type Faults } from './entrance/fields.ts'
import { ZoneField } from './entrance/zone-field.tsx'

import { Fact, Facts } from './settings/facts.tsx'
import { FormEnd } from './settings/form-end.tsx'
import { Settings } from './settings/frame.tsx'
import { Demo } from './settings/general/demo.tsx'
import { Streams } from './settings/general/streams.tsx'
import { Taxonomy } from './settings/general/taxonomy.tsx'
import { Trackers } from './settings/general/trackers.tsx'
import { Work } from './settings/general/work.tsx'
import { useSettings, type WorkspaceSettings } from './settings/use-settings.ts'
import { Form } from '../ui/form.tsx'

const t = texts.settings.general

export function SettingsGeneral() {
  const { settings, mayChange } = useSettings()
  return (
    <Settings here="settings" title={t.title} lead={t.lead}>
      {!mayChange && (
        <Text size="sm" role="note">
          {texts.shell.faces.readOnly}
        </Text>
      )}
      <Faces of={settings} waiting={<Waiting rows={3} height={220} />}>
        {(known) => (
          <>
            <Section title={t.workspace}>{mayChange ? <NameAndZone key={known.slug} settings={known} /> : <ReadNameAndZone settings={known} />}</Section>
            <Streams settings={known} />
            <Taxonomy settings={known} />
            <Work key={`work ${known.slug}`} settings={known} />
            <Trackers key={`trackers ${known.slug}`} settings={known} />
          </>
        )}
      </Faces>
      <Demo />
    </Settings>
  )
}

function NameAndZone({ settings }: { settings: WorkspaceSettings }) {
  const { change } = useSettings()
  const [values, setValues] = useState({ name: settings.name, timezone: settings.timezone })
  const [faults, setFaults] = useState<Faults>({})
  const isChanged = values.name.trim() !== settings.name || values.timezone.trim() !== settings.timezone
  const save = (): void => {
    const found = { name: checks.name(values.name), timezone: checks.zone(values.timezone) }
    setFaults(found)
    if (hasFaults(found) || !isChanged) return
    change.mutate(
      { name: values.name.trim(), timezone: values.timezone.trim() },
      {
        onSuccess: ({ name, timezone }) => {
          setValues({ name, timezone })
          said(t.saved)
        },
        onError: (error) => setFaults(faultsOf(error)),
      },
    )
  }
  return (
    <Form submit={save} maw={460}>
      <TextInput
        label={t.name}
        value={values.name}
        error={faults['name']}
        maxLength={100}
        onChange={({ currentTarget }) => setValues({ ...values, name: currentTarget.value })}
      />
      <ZoneField value={values.timezone} error={faults['timezone']} description={t.zoneHint} onChange={(timezone) => setValues({ ...values, timezone })} />
      <Facts>
        <Fact name={t.slug}>/w/{settings.slug}</Fact>
      </Facts>
      <FormEnd isChanged={isChanged} isPending={change.isPending} error={hasFaults(faults) ? null : change.error} />
    </Form>
  )
}

const ReadNameAndZone = ({ settings: { name, timezone, slug } }: { settings: WorkspaceSettings }) => (
  <Facts>
    <Fact name={t.name}>{name}</Fact>
    <Fact name={t.zone}>{timezone}</Fact>
    <Fact name={t.slug}>/w/{slug}</Fact>
  </Facts>
)
