import { Text } from '@mantine/core'
import { texts } from '../texts/texts.ts'
import { Faces, Waiting } from '../ui/faces.tsx'
import { Settings } from './settings/frame.tsx'
import { Archive } from './settings/privacy/archive.tsx'
import { Cleanup } from './settings/privacy/cleanup.tsx'
import { Internal } from './settings/privacy/internal.tsx'
import { Retention } from './settings/privacy/retention.tsx'
import { Signal } from './settings/privacy/signal.tsx'
import { Wish } from './settings/privacy/wish.tsx'
import { useSettings } from './settings/use-settings.ts'

const t = texts.settings.privacy

export function SettingsPrivacy() {
  const { settings, mayChange } = useSettings()
  return (
    <Settings here="settings/privacy" title={t.title} lead={t.lead}>
      {!mayChange && (
        <Text size="sm" role="note">
          {texts.shell.faces.readOnly}
        </Text>
      )}
      <Faces of={settings} waiting={<Waiting rows={2} height={260} />}>
        {(known) => (
          <>
            <Retention key={`retention ${known.slug}`} settings={known} />
            <Archive key={`archive ${known.slug}`} settings={known} />
            <Signal key={`signal ${known.slug}`} settings={known} />
            <Internal key={`internal ${known.slug}`} settings={known} />
          </>
        )}
      </Faces>
      {mayChange && (
        <>
          <Wish />
          <Cleanup />
        </>
      )}
    </Settings>
  )
}
