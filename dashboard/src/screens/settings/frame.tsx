import { Stack } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useWorkspace } from '../../account.tsx'
import { texts } from '../../texts/texts.ts'
import { Empty } from '../../ui/faces.tsx'
import { Screen } from '../../ui/screen.tsx'
import classes from './frame.module.css'

const t = texts.settings
const pages = [
  { path: 'settings', label: t.nav.general },
  { path: 'settings/keys', label: t.nav.keys },
  { path: 'settings/members', label: t.nav.members },
  { path: 'settings/privacy', label: t.nav.privacy },
  { path: 'settings/audit', label: t.nav.audit },
] as const

interface Page {
  here: (typeof pages)[number]['path']
  title: string
  lead: string
  actions?: ReactNode
  children: ReactNode
}

/** Every page of the settings: the way to the others, then itself. */
export function Settings({ here, ...screen }: Page) {
  const { slug } = useWorkspace()
  return (
    <Stack gap="lg">
      <nav aria-label={t.nav.label} className={classes['pages']}>
        {pages.map(({ path, label }) => (
          <Link
            key={path}
            to={`/w/${slug}/${path}`}
            search={{}}
            aria-current={path === here ? 'page' : undefined}
            activeOptions={{ exact: true, includeSearch: false }}
          >
            {label}
          </Link>
        ))}
      </nav>
      <Screen {...screen} />
    </Stack>
  )
}

/** Asks nothing: the server would refuse it. */
export function AdminsOnly() {
  const { role } = useWorkspace()
  return <Empty title={t.adminsOnly.title}>{t.adminsOnly.lead(texts.accounts.roles[role].name)}</Empty>
}
