import { Anchor, Card, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { texts } from '../texts/texts.ts'
import { Copyable } from '../ui/copy.tsx'
import { Screen } from '../ui/screen.tsx'
import { useUrl } from '../url.ts'
import { Demo } from './start/demo.tsx'
import { Refused } from './start/refused.tsx'
import { isSnippetKind, PLACEHOLDER, snippetKinds, snippetOf } from './start/snippets.ts'
import classes from './start/start.module.css'
import { useArrival } from './start/use-arrival.ts'
import { Wait } from './start/wait.tsx'
import { useFirstKey, WriteKey } from './start/write-key.tsx'

const t = texts.overview.start

/** From nothing to the first event: a key, a snippet, and the event as it arrives. */
export function Start() {
  const key = useFirstKey()
  const arrival = useArrival()
  const hasArrived = arrival.event !== undefined
  return (
    <Screen title={t.title} lead={t.lead}>
      <div className={classes['columns']}>
        <Stack gap="md" miw={0}>
          <Step title={t.key.title}>
            <WriteKey made={key} />
          </Step>
          <Step title={t.snippet.title}>
            <Snippets writeKey={key.value ?? PLACEHOLDER} />
          </Step>
        </Stack>
        <Stack gap="md" miw={0}>
          <Step title={t.wait.title}>
            <Wait arrival={arrival} />
          </Step>
          <Step title={t.refusals.title}>
            <Refused watching={!hasArrived} />
          </Step>
          <Step title={t.demo.title}>
            <Demo />
          </Step>
        </Stack>
      </div>
    </Screen>
  )
}

const Step = ({ title, children }: { title: string; children: ReactNode }) => (
  <Card withBorder padding="md" component="section" aria-label={title} className={classes['step']}>
    <Title order={2} size="h3" mb="xs">
      {title}
    </Title>
    {children}
  </Card>
)

function Snippets({ writeKey }: { writeKey: string }) {
  const { as } = useUrl()
  const kind = isSnippetKind(as) ? as : 'curl'
  return (
    <Stack gap="sm">
      <nav className={classes['kinds']} aria-label={t.snippet.kinds}>
        {snippetKinds.map((other) => (
          <Link key={other} to="." search={{ as: other }} replace resetScroll={false} aria-current={other === kind ? 'true' : undefined}>
            {t.snippet[other]}
          </Link>
        ))}
      </nav>
      <Text size="sm" c="dimmed">
        {t.snippet.notes[kind]}
      </Text>
      {snippetOf[kind](window.location.origin, writeKey).map(({ name, code }) => (
        <div key={name}>
          {name !== kind && (
            <Text size="xs" fw={600} mb={4}>
              {name}
            </Text>
          )}
          <Copyable value={code} label={t.snippet.copy(name)} />
        </div>
      ))}
      <Anchor href="/api/docs" size="sm">
        {t.snippet.docs}
      </Anchor>
    </Stack>
  )
}
