import { Alert, Button, Card, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { ApiError } from '../api/client.ts'
import { texts } from '../texts/texts.ts'

const t = texts.shell.faces

/**
 * The three faces of whatever shows data: failure, waiting, answer. A failure keeps the last answer where there is one: a restart of the server
 * does not empty a screen that somebody reads.
 */
interface Asked<T> {
  data: T | undefined
  error: Error | null
  isPlaceholderData?: boolean
  refetch: () => unknown
}

export function Faces<T>({ of, waiting, children }: { of: Asked<T>; waiting?: ReactNode; children: (answer: T) => ReactNode }) {
  if (of.data !== undefined)
    return (
      <>
        {of.error && <Failure error={of.error} again={() => void of.refetch()} />}
        {children(of.data)}
      </>
    )
  if (of.error) return <Failure error={of.error} again={() => void of.refetch()} />
  return <>{waiting ?? <Waiting />}</>
}

export const messageOf = (error: Error): string => {
  if (!(error instanceof ApiError)) return t.failed
  if (error.status === 0) return t.unreachable
  return error.message || t.failed
}

/** `title` where it was not about loading: something that somebody wanted done. */
export const Failure = ({ error, again, title = t.failed }: { error: Error; again?: () => void; title?: string }) => (
  <Alert color="red" variant="light" role="alert" title={title} mb="md">
    <Group justify="space-between" align="flex-end" gap="md">
      <Text size="sm" c="var(--mantine-color-text)">
        {messageOf(error)}
      </Text>
      {again && (
        <Button size="xs" variant="default" onClick={again}>
          {t.tryAgain}
        </Button>
      )}
    </Group>
  </Alert>
)

/** Takes the room that the answer will take, so that nothing jumps. */
export const Waiting = ({ rows = 6, height = 36 }: { rows?: number; height?: number }) => (
  <Stack gap="xs" role="status" aria-label={t.waiting}>
    {Array.from({ length: rows }, (_, i) => (
      <Skeleton key={i} height={height} radius="sm" />
    ))}
  </Stack>
)

/** Nothing there yet: says why, and what to do next. */
export const Empty = ({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) => (
  <Card withBorder padding="xl" radius="md" bg="var(--cairn-surface)" style={{ borderColor: 'var(--cairn-line)' }}>
    <Stack gap="xs" align="flex-start">
      <Title order={2}>{title}</Title>
      {children && (
        <Text c="dimmed" maw="70ch">
          {children}
        </Text>
      )}
      {action}
    </Stack>
  </Card>
)
