import { Anchor, Badge, Radio, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { texts } from '../../../texts/texts.ts'
import { said } from '../../../ui/notice.ts'
import { Section } from '../../../ui/section.tsx'
import { FormEnd } from '../form-end.tsx'
import { useSettings, type WorkspaceSettings } from '../use-settings.ts'
import { Form } from '../../../ui/form.tsx'

const t = texts.settings.general

/** Whether event types that nobody declared are taken. */
export function Taxonomy({ settings }: { settings: WorkspaceSettings }) {
  const { mayChange } = useSettings()
  return <Section title={t.taxonomy}>{mayChange ? <ChangeTaxonomy key={settings.slug} settings={settings} /> : <ReadTaxonomy settings={settings} />}</Section>
}

function ChangeTaxonomy({ settings }: { settings: WorkspaceSettings }) {
  const { change } = useSettings()
  const [mode, setMode] = useState(settings.taxonomy_mode)
  const isChanged = mode !== settings.taxonomy_mode
  return (
    <Form submit={() => change.mutate({ taxonomy_mode: mode }, { onSuccess: () => said(t.saved) })}>
      <Radio.Group label={t.taxonomyMode} value={mode} onChange={(chosen) => setMode(chosen === 'strict' ? 'strict' : 'open')}>
        <Stack gap="sm" mt="xs">
          <Radio value="open" label={t.open} description={t.openHint} />
          <Radio value="strict" label={t.strict} description={t.strictHint} />
        </Stack>
      </Radio.Group>
      <ToTypes slug={settings.slug} />
      <FormEnd isChanged={isChanged} isPending={change.isPending} error={change.error} />
    </Form>
  )
}

const ReadTaxonomy = ({ settings: { taxonomy_mode: mode, slug } }: { settings: WorkspaceSettings }) => (
  <Stack gap="xs" align="flex-start">
    <Badge variant="light">{mode === 'open' ? t.open : t.strict}</Badge>
    <Text size="sm">{mode === 'open' ? t.openHint : t.strictHint}</Text>
    <ToTypes slug={slug} />
  </Stack>
)

const ToTypes = ({ slug }: { slug: string }) => (
  <Anchor size="sm" renderRoot={(props) => <Link {...props} to={`/w/${slug}/types`} />}>
    {t.toTypes}
  </Anchor>
)
