import { Drawer, NavLink, Stack } from '@mantine/core'
import { texts } from '../texts/texts.ts'
import { useFocusBack } from '../ui/focus.ts'
import { Icon } from '../ui/icons.tsx'
import { ScreenLinks } from './links.tsx'
import { WorkspaceSwitch } from './workspace-switch.tsx'
import { YouLinks } from './you.tsx'

const t = texts.shell

/** On a phone: everything that the bar at the bottom has no room for. */
export function Sheet({ close, openPalette }: { close: () => void; openPalette: () => void }) {
  useFocusBack()
  return (
    <Drawer opened onClose={close} position="bottom" size="auto" title={t.product} closeButtonProps={{ 'aria-label': t.faces.close }}>
      <Stack gap={4} pb="md">
        <WorkspaceSwitch />
        <NavLink component="button" label={t.palette.open} leftSection={<Icon name="search" />} onClick={() => (close(), openPalette())} />
        <ScreenLinks only={({ inBar }) => !inBar} left={close} />
        <YouLinks />
      </Stack>
    </Drawer>
  )
}
