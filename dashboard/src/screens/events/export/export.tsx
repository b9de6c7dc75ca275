import { Button, Card, Group, Progress, Stack, Text, Title } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useWorkspace } from '../../../account.tsx'
import { ApiError } from '../../../api/client.ts'
import { texts } from '../../../texts/texts.ts'
import { messageOf } from '../../../ui/faces.tsx'
import { useFormat } from '../../../ui/format.ts'
import { Icon } from '../../../ui/icons.tsx'
import { save } from '../../../ui/save.ts'
import { useAsked } from '../asked.ts'
import { readExport, type ExportFormat, type Progress as Saved } from './saving.ts'

const t = texts.events.saving
/** Often enough to look alive. */
const TELL_EVERY_MS = 200

type State = { is: 'idle' } | ({ is: 'running'; seconds: number } & Saved) | ({ is: 'done' } & Saved) | { is: 'stopped' } | { is: 'failed'; message: string }

/** Saves everything that matches as a file. `total`: how much that is, where it is known. */
export function Export({ total, close }: { total: number | undefined; close: () => void }) {
  const { slug } = useWorkspace()
  const { filter, range } = useAsked()
  const format = useFormat()
  const [state, setState] = useState<State>({ is: 'idle' })
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])

  const start = async (kind: ExportFormat): Promise<void> => {
    const abort = new AbortController()
    running.current = abort
    const since = performance.now()
    let told = 0
    setState({ is: 'running', seconds: 0, rows: 0, bytes: 0 })
    try {
      const { blob, name, rows, bytes } = await readExport(
        { workspace: slug, query: { ...filter, ...range }, format: kind, signal: abort.signal },
        (progress) => {
          if (performance.now() - told < TELL_EVERY_MS) return
          told = performance.now()
          setState({ is: 'running', seconds: (told - since) / 1_000, ...progress })
        },
      )
      save(blob, name)
      setState({ is: 'done', rows, bytes })
    } catch (error) {
      if (abort.signal.aborted) setState({ is: 'stopped' })
      else setState({ is: 'failed', message: error instanceof ApiError ? messageOf(error) : t.broken })
    }
  }

  return (
    <Card withBorder padding="md" component="section" aria-label={t.title}>
      <Stack gap="xs">
        <Title order={2} fz="md">
          {t.title}
        </Title>
        <Text size="sm" c="dimmed">
          {t.lead}
        </Text>
        {state.is === 'running' ? (
          <Running state={state} total={total} stop={() => running.current?.abort()} />
        ) : (
          <Group gap="xs">
            {(['csv', 'jsonl'] as const).map((kind) => (
              <Button key={kind} variant="default" leftSection={<Icon name="download" size={16} />} onClick={() => void start(kind)}>
                {t[kind]}
              </Button>
            ))}
            <Button variant="subtle" onClick={close}>
              {texts.shell.faces.close}
            </Button>
          </Group>
        )}
        <Text size="sm" role="status">
          {state.is === 'done' ? t.done(format.number(state.rows), format.bytes(state.bytes)) : state.is === 'stopped' ? t.stopped : ''}
        </Text>
        {state.is === 'failed' && (
          <Text size="sm" role="alert" c="red">
            {state.message}
          </Text>
        )}
      </Stack>
    </Card>
  )
}

function Running({ state: { seconds, rows, bytes }, total, stop }: { state: { seconds: number } & Saved; total: number | undefined; stop: () => void }) {
  const format = useFormat()
  const rate = seconds > 0 ? rows / seconds : 0
  const left = total !== undefined && rate > 0 && total > rows ? ((total - rows) / rate) * 1_000 : undefined
  return (
    <Stack gap={6}>
      <Progress value={total ? Math.min(100, (rows / total) * 100) : 100} animated={!total} aria-label={t.running} />
      <Group justify="space-between">
        <Text size="sm">
          {t.progress(format.number(rows), format.bytes(bytes), format.short(Math.round(rate)))}
          {left !== undefined && `, ${t.left(format.duration(left))}`}
        </Text>
        <Button size="xs" variant="default" onClick={stop}>
          {texts.shell.faces.cancel}
        </Button>
      </Group>
    </Stack>
  )
}
