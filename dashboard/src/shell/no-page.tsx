import { Anchor, Container, Stack, Title } from '@mantine/core'
import { texts } from '../texts/texts.ts'
import { Failure } from '../ui/faces.tsx'

const t = texts.shell.faces

export const NoPage = ({ message = t.noPage }: { message?: string }) => (
  <Container component="main" size="sm" py={80}>
    <Stack align="flex-start">
      <Title order={1}>{message}</Title>
      <Anchor href="/">{t.home}</Anchor>
    </Stack>
  </Container>
)

export const RouteFailure = ({ error }: { error: Error }) => (
  <Container component="main" size="sm" py={80}>
    <Title order={1} mb="md">
      {texts.shell.product}
    </Title>
    <Failure error={error} again={() => window.location.reload()} />
  </Container>
)
