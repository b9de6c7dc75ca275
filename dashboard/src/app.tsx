import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { ask, makeQueryClient } from './api/queries.ts'
import { makeRouter } from './routes.tsx'
import { theme, variables } from './theme.ts'

const queries = makeQueryClient(() => {
  // What was being looked at is come back to after signing in.
  const here = window.location
  if (here.pathname.startsWith('/w/') || here.pathname === '/account') {
    const wasSignedIn = queries.getQueryData(ask('getAccount').queryKey) !== undefined
    queries.removeQueries()
    void router.navigate({ to: '/sign-in', search: { next: here.pathname + here.search, ...(wasSignedIn ? { ended: '1' } : {}) }, replace: true })
  }
})
const router = makeRouter(queries)

export const App = ({ nonce }: { nonce: string }) => (
  <MantineProvider theme={theme} defaultColorScheme="auto" cssVariablesResolver={variables} getStyleNonce={() => nonce}>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
      <Notifications position="bottom-right" />
    </QueryClientProvider>
  </MantineProvider>
)
