import { Badge, Group, Stack, Switch, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { texts } from '../../../texts/texts.ts'
import { said, saidFailure } from '../../../ui/notice.ts'
import { Section } from '../../../ui/section.tsx'
import { useSettings, type WorkspaceSettings } from '../use-settings.ts'

const t = texts.settings.general
type Stream = WorkspaceSettings['streams_off'][number]
const streams = ['events', 'interactions', 'snapshots', 'metrics', 'chat', 'sessions'] as const satisfies readonly Stream[]

/** A switch works at once, without a button to save. */
export function Streams({ settings }: { settings: WorkspaceSettings }) {
  const { change, queryKey, mayChange } = useSettings()
  const queries = useQueryClient()
  const { streams_off: off, streams_off_in_effect: inEffect } = settings

  const set = (stream: Stream, isOn: boolean): void => {
    const without = (list: readonly Stream[]): Stream[] => list.filter((one) => one !== stream)
    const next = isOn ? without(off) : [...without(off), stream]
    const before = queries.getQueryData<WorkspaceSettings>(queryKey)
    queries.setQueryData(queryKey, { ...settings, streams_off: next, streams_off_in_effect: isOn ? without(inEffect) : [...without(inEffect), stream] })
    change.mutate(
      { streams_off: next },
      {
        onSuccess: () => said((isOn ? t.streamOn : t.streamOff)(t.stream[stream].name)),
        onError: (error) => {
          queries.setQueryData(queryKey, before)
          saidFailure(error)
        },
      },
    )
  }

  return (
    <Section title={t.streams} lead={t.streamsLead}>
      <Stack gap="md">
        {streams.map((stream) => {
          const { name, what } = t.stream[stream]
          const isOn = !inEffect.includes(stream)
          const byEnvironment = !isOn && !off.includes(stream)
          const state = byEnvironment ? t.byEnvironment : isOn ? t.on : t.off
          if (mayChange && !byEnvironment)
            return <Switch key={stream} label={name} description={what} checked={isOn} onChange={({ currentTarget }) => set(stream, currentTarget.checked)} />
          return (
            <Group key={stream} justify="space-between" wrap="nowrap" align="flex-start">
              <div>
                <Text size="sm">{name}</Text>
                <Text size="xs" c="dimmed">
                  {what} {byEnvironment && t.byEnvironmentHint}
                </Text>
              </div>
              <Badge variant="light" color={isOn ? undefined : 'gray'} flex="none">
                {state}
              </Badge>
            </Group>
          )
        })}
      </Stack>
    </Section>
  )
}
