import { Group, NativeSelect, Radio, Stack, useMantineColorScheme } from '@mantine/core'
import { chosenLanguage, chooseLanguage, languages, type Language } from '../../texts/language.ts'
import { texts } from '../../texts/texts.ts'
import { ownZone, useZoneChoice, type ZoneChoice } from '../../ui/format.ts'
import { Section } from '../../ui/section.tsx'

const t = texts.shell
const spoken = Object.keys(languages) as Language[]
const schemes = ['auto', 'light', 'dark'] as const
const zones: readonly ZoneChoice[] = ['workspace', 'own']

/** Choices of this device, which hold at once. */
export function Display() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const [zone, setZone] = useZoneChoice()
  return (
    <Section title={texts.accounts.account.display}>
      <Stack gap="lg">
        <NativeSelect
          label={t.language.label}
          maw={260}
          value={chosenLanguage() ?? ''}
          onChange={({ target: { value } }) => chooseLanguage(spoken.find((one) => one === value))}
        >
          <option value="">{t.language.auto}</option>
          {spoken.map((one) => (
            <option key={one} value={one} lang={one}>
              {languages[one]}
            </option>
          ))}
        </NativeSelect>
        <Radio.Group
          label={t.zone.label}
          description={texts.accounts.account.zoneHint(ownZone())}
          value={zone}
          onChange={(chosen) => setZone(zones.find((one) => one === chosen) ?? 'workspace')}
        >
          <Group mt="xs" gap="lg">
            {zones.map((one) => (
              <Radio key={one} value={one} label={t.zone[one]} />
            ))}
          </Group>
        </Radio.Group>
        <Radio.Group label={t.colours.label} value={colorScheme} onChange={(chosen) => setColorScheme(schemes.find((one) => one === chosen) ?? 'auto')}>
          <Group mt="xs" gap="lg">
            {schemes.map((one) => (
              <Radio key={one} value={one} label={t.colours[one]} />
            ))}
          </Group>
        </Radio.Group>
      </Stack>
    </Section>
  )
}
