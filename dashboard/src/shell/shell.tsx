import { AppShell, Box, Group, UnstyledButton } from '@mantine/core'
import { useDisclosure, useLocalStorage, useMediaQuery } from '@mantine/hooks'
import { Link, Outlet, useParams, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef } from 'react'
import { useAccount } from '../account.tsx'
import { texts } from '../texts/texts.ts'
import { Icon, Mark } from '../ui/icons.tsx'
import { Waiting } from '../ui/faces.tsx'
import { ScreenLinks } from './links.tsx'
import { navigation } from './navigation.ts'
import { NoPage } from './no-page.tsx'
import classes from './shell.module.css'
import { useShellKeys } from './keys.ts'
import { WorkspaceSwitch } from './workspace-switch.tsx'
import { YouLinks } from './you.tsx'

const t = texts.shell
const Palette = lazy(() => import('./palette.tsx').then(({ Palette }) => ({ default: Palette })))
const Sheet = lazy(() => import('./sheet.tsx').then(({ Sheet }) => ({ default: Sheet })))

/** What stands around every screen of a workspace: navigation, the workspace, who is signed in, and the palette. */
export function Shell() {
  const { workspace } = useParams({ strict: false }) as { workspace: string }
  const { workspaces } = useAccount()
  const [collapsed, setCollapsed] = useLocalStorage({ key: 'cairn.navigation', defaultValue: false, getInitialValueInEffect: false })
  const [palette, { open: openPalette, close: closePalette }] = useDisclosure()
  const [sheet, { open: openSheet, close: closeSheet }] = useDisclosure()
  const isPhone = useMediaQuery('(max-width: 48em)', undefined, { getInitialValueInEffect: false })
  const path = useRouterState({ select: (state) => state.location.pathname })
  const main = useRef<HTMLElement>(null)
  useShellKeys({ openPalette })
  const shown = useRef(path)
  useEffect(() => {
    // After a change of screen, reading and tabbing go on from its beginning.
    if (shown.current !== path) main.current?.focus({ preventScroll: true })
    shown.current = path
  }, [path])

  if (!workspaces.some(({ slug }) => slug === workspace)) return <NoPage message={t.faces.noWorkspace} />
  const here = path.split('/')[3] ?? 'overview'
  return (
    <AppShell
      navbar={{ width: collapsed ? 68 : 232, breakpoint: 'sm', collapsed: { mobile: true } }}
      {...(isPhone ? { footer: { height: 60 } } : {})}
      padding="lg"
    >
      <a className={`skip ${classes['skip']}`} href="#content">
        {t.skip}
      </a>
      {!isPhone && (
        <AppShell.Navbar p="xs" className={classes['navbar']} aria-label={t.nav.label} {...(isPhone ? { display: 'none' } : {})}>
          <Group gap="xs" px={8} h={44} wrap="nowrap">
            <Mark />
            {!collapsed && <span className={classes['name']}>{t.product}</span>}
          </Group>
          {!collapsed && <WorkspaceSwitch />}
          <UnstyledButton
            className={classes['search']}
            onClick={openPalette}
            aria-label={collapsed ? t.palette.open : undefined}
            aria-keyshortcuts="Control+K Meta+K"
          >
            <Icon name="search" size={16} />
            {!collapsed && (
              <>
                <span>{t.palette.open}</span>
                <kbd aria-hidden="true">{/Mac/.test(navigator.userAgent) ? '⌘K' : 'Ctrl K'}</kbd>
              </>
            )}
          </UnstyledButton>
          <Box flex={1} mih={0} className={classes['screens'] ?? ''}>
            <ScreenLinks collapsed={collapsed} />
          </Box>
          <YouLinks collapsed={collapsed} />
          <UnstyledButton
            className={classes['collapse']}
            onClick={() => setCollapsed(!collapsed)}
            aria-label={collapsed ? t.nav.expand : t.nav.collapse}
            aria-expanded={!collapsed}
          >
            <Icon name={collapsed ? 'right' : 'left'} size={16} />
          </UnstyledButton>
        </AppShell.Navbar>
      )}
      <AppShell.Main id="content" ref={main} tabIndex={-1} className={classes['main']}>
        <Box maw={1440} mx="auto">
          <Suspense fallback={<Waiting />}>
            <Outlet />
          </Suspense>
        </Box>
      </AppShell.Main>
      {isPhone && (
        <AppShell.Footer className={classes['bar']}>
          <nav aria-label={t.nav.label}>
            {navigation
              .filter(({ inBar }) => inBar)
              .map(({ path: to, label, icon }) => (
                <Link key={to} to={`/w/${workspace}/${to}`} aria-current={here === to ? 'page' : undefined}>
                  <Icon name={icon} size={20} />
                  <span>{label}</span>
                </Link>
              ))}
            <button type="button" onClick={openSheet} aria-haspopup="dialog" aria-expanded={sheet}>
              <Icon name="menu" size={20} />
              <span>{t.nav.more}</span>
            </button>
          </nav>
        </AppShell.Footer>
      )}
      <Suspense>
        {palette && <Palette close={closePalette} />}
        {sheet && <Sheet close={closeSheet} openPalette={openPalette} />}
      </Suspense>
    </AppShell>
  )
}
