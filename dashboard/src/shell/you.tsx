import { NavLink, Stack } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useAccount } from '../account.tsx'
import { call } from '../api/client.ts'
import { texts } from '../texts/texts.ts'
import { Icon } from '../ui/icons.tsx'

const t = texts.shell

/** Who is signed in, and the way out. */
export function YouLinks({ collapsed = false }: { collapsed?: boolean }) {
  const { user } = useAccount()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const signOut = async (): Promise<void> => {
    await call('signOut', { body: {} as never })
    queries.clear()
    await navigate({ to: '/sign-in' })
  }
  return (
    <Stack gap={2}>
      <NavLink
        renderRoot={(props) => <Link {...props} to="/account" />}
        label={collapsed ? undefined : user.name}
        description={collapsed ? undefined : t.account}
        aria-label={collapsed ? `${t.account}: ${user.name}` : undefined}
        leftSection={<Icon name="user" />}
      />
      <NavLink
        component="button"
        label={collapsed ? undefined : t.signOut}
        aria-label={t.signOut}
        onClick={() => void signOut()}
        leftSection={<Icon name="out" />}
      />
    </Stack>
  )
}
