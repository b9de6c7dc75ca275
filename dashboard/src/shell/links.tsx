import { NavLink, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Link, useRouterState } from '@tanstack/react-router'
import { useWorkspace } from '../account.tsx'
import { texts } from '../texts/texts.ts'
import { Icon } from '../ui/icons.tsx'
import { foldedFor, type Entry } from './navigation.ts'
import classes from './shell.module.css'

const t = texts.shell.nav

interface Props {
  /** Icons only. */
  collapsed?: boolean
  /** Which of those that the workspace uses. */
  only?: (entry: Entry) => boolean
  left?: () => void
}

/** Links to the screens; those for which the workspace has nothing to show yet are folded away below. */
export function ScreenLinks({ collapsed = false, only = () => true, left = () => undefined }: Props) {
  const workspace = useWorkspace()
  const path = useRouterState({ select: (state) => state.location.pathname })
  const { used, unused } = foldedFor(workspace)
  const here = path.split('/')[3] ?? 'overview'
  const [opened, { toggle }] = useDisclosure(unused.some((entry) => entry.path === here))
  const linkTo = ({ path: to, label, icon }: Entry) => (
    <NavLink
      key={to}
      className={classes['link'] ?? ''}
      renderRoot={(props) => <Link {...props} to={`/w/${workspace.slug}/${to}`} />}
      active={here === to}
      aria-current={here === to ? 'page' : undefined}
      label={collapsed ? undefined : label}
      aria-label={label}
      title={collapsed ? label : undefined}
      leftSection={<Icon name={icon} />}
      onClick={left}
    />
  )
  return (
    <Stack gap={2}>
      {used.filter(only).map(linkTo)}
      {unused.length > 0 && (
        <NavLink
          component="button"
          className={`${classes['link']} ${classes['fold']}`}
          label={collapsed ? undefined : t.unused}
          aria-label={t.unused}
          title={collapsed ? t.unused : undefined}
          aria-expanded={opened}
          leftSection={<Icon name={opened ? 'down' : 'right'} />}
          onClick={toggle}
        />
      )}
      {opened && unused.map(linkTo)}
    </Stack>
  )
}
