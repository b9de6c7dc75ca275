import { Anchor, Box, Button, Group, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { homeOf, useAccount } from '../account.tsx'
import { call } from '../api/client.ts'
import { texts } from '../texts/texts.ts'
import { Mark } from '../ui/icons.tsx'
import { saidFailure } from '../ui/notice.ts'
import { Screen } from '../ui/screen.tsx'
import { Display } from './account/display.tsx'
import { Password } from './account/password.tsx'
import { Profile } from './account/profile.tsx'
import { Sessions } from './account/sessions.tsx'
import { Workspaces } from './account/workspaces.tsx'

const t = texts.accounts.account

/** One's own account; of no workspace. */
export function AccountScreen() {
  const account = useAccount()
  const home = homeOf(account)
  return (
    <Box component="main" maw={860} mx="auto" px="md" py={{ base: 'md', sm: 'xl' }}>
      <Stack gap="lg">
        <Group justify="space-between">
          <Group gap="xs">
            <Mark />
            {home && <Anchor renderRoot={(props) => <Link {...props} to={`/w/${home.slug}/overview`} />}>{t.back(home.name)}</Anchor>}
          </Group>
          <SignOut />
        </Group>
        <Screen title={t.title} lead={account.user.email}>
          {!home && <Text>{t.noWorkspaces}</Text>}
          <Profile user={account.user} />
          <Display />
          <Workspaces workspaces={account.workspaces} />
          <Password />
          <Sessions />
        </Screen>
      </Stack>
    </Box>
  )
}

function SignOut() {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [isLeaving, setLeaving] = useState(false)
  const signOut = async (): Promise<void> => {
    setLeaving(true)
    try {
      await call('signOut', { body: {} as never })
      await navigate({ to: '/sign-in' })
      queries.clear()
    } catch (error) {
      setLeaving(false)
      saidFailure(error as Error)
    }
  }
  return (
    <Button variant="default" size="xs" loading={isLeaving} onClick={() => void signOut()}>
      {texts.shell.signOut}
    </Button>
  )
}
