import { ActionIcon, Button, Checkbox, Group, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { useWorkspace } from '../account.tsx'
import { ask } from '../api/queries.ts'
import { RangeControl } from '../range/range-control.tsx'
import { useRefresh } from '../range/refresh.ts'
import { dayOf } from '../range/range.ts'
import { texts } from '../texts/texts.ts'
import { useFormat } from '../ui/format.ts'
import { Icon } from '../ui/icons.tsx'
import { Screen } from '../ui/screen.tsx'
import { useSetUrl, useUrl } from '../url.ts'
import { useAsked } from './events/asked.ts'
import { isInside, momentAt, wallClock } from './events/filter.ts'
import { AddFilter, Chips } from './events/filters.tsx'
import { EventList } from './events/list.tsx'

const t = texts.events.list
const OpenedEvent = lazy(() => import('./events/opened.tsx').then(({ OpenedEvent }) => ({ default: OpenedEvent })))
const Export = lazy(() => import('./events/export/export.tsx').then(({ Export }) => ({ default: Export })))

/** Every event of a range, narrowed by any field or property. */
export function Events() {
  const { slug } = useWorkspace()
  const { event, at } = useUrl()
  const { filter, range, until } = useAsked()
  const [isSaving, setSaving] = useState(false)
  const refresh = useRefresh()
  // Counted once for everything that matches, beside the list, which does not wait for it.
  const figures = useQuery({ ...ask('analytics', { workspace: slug, query: { ...filter, ...range } }), ...refresh })
  return (
    <Screen title={t.title} lead={t.lead} actions={<RangeControl />}>
      <Stack gap="sm">
        <Group justify="space-between" gap="sm">
          <AddFilter filter={filter} />
          <Group gap="xs" wrap="nowrap" maw="100%">
            <Jump key={until} />
            <Button
              flex="none"
              variant="default"
              leftSection={<Icon name="download" size={16} />}
              aria-expanded={isSaving}
              onClick={() => setSaving(!isSaving)}
            >
              {texts.events.saving.open}
            </Button>
          </Group>
        </Group>
        <Chips filter={filter} />
        {isSaving && (
          <Suspense>
            <Export total={figures.isPlaceholderData ? undefined : figures.data?.total_events} close={() => setSaving(false)} />
          </Suspense>
        )}
        <Figures total={figures.isPlaceholderData ? undefined : figures.data?.total_events} bots={figures.data?.bots ?? 0} />
        <EventList />
      </Stack>
      <Suspense>{event && <OpenedEvent id={event} at={at} />}</Suspense>
    </Screen>
  )
}

function Figures({ total, bots }: { total: number | undefined; bots: number }) {
  const format = useFormat()
  const setUrl = useSetUrl()
  const { include_bots, device_type } = useUrl()
  const isIncluded = include_bots === 'true'
  return (
    <Group gap="md" mih={24} wrap="wrap">
      <Text size="sm" fw={600} role="status" c={total === undefined ? 'dimmed' : undefined}>
        {total === undefined ? t.counting : t.total(format.number(total))}
      </Text>
      {device_type !== 'bot' && (bots > 0 || isIncluded) && (
        <Group gap="xs">
          {!isIncluded && (
            <Text size="sm" c="dimmed">
              {t.bots(format.number(bots))}
            </Text>
          )}
          <Checkbox
            size="xs"
            label={t.includeBots}
            checked={isIncluded}
            onChange={({ currentTarget }) => setUrl({ include_bots: currentTarget.checked ? 'true' : undefined })}
          />
        </Group>
      )}
    </Group>
  )
}

/** Begins the list at a moment: a long one need not be scrolled through. The range grows where the moment lies outside. */
function Jump() {
  const { zone } = useFormat()
  const { range, until } = useAsked()
  const setUrl = useSetUrl()
  const shown = until ? wallClock(Date.parse(until), zone) : ''
  const [typed, setTyped] = useState(shown)

  const go = (): void => {
    if (typed === shown) return
    const ms = momentAt(typed, zone)
    if (typed === '' || Number.isNaN(ms)) return setUrl({ until: undefined })
    const day = dayOf(ms, zone)
    const [from, to] = [range.from.slice(0, 10), range.to.slice(0, 10)]
    const wider = isInside(ms, range) ? {} : { range: 'custom', from: day < from ? day : from, to: day > to ? day : to }
    setUrl({ until: new Date(ms).toISOString(), ...wider })
  }
  return (
    <Group gap={6} miw={0} wrap="nowrap">
      <TextInput
        miw={0}
        type="datetime-local"
        aria-label={t.jump}
        title={t.jump}
        leftSection={<Text size="xs">{t.jump}</Text>}
        leftSectionWidth={66}
        value={typed}
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        onBlur={go}
        onKeyDown={({ key }) => key === 'Enter' && go()}
      />
      {until && (
        <ActionIcon variant="default" size={36} aria-label={t.jumpClear} title={t.jumpClear} onClick={() => setUrl({ until: undefined })}>
          <Icon name="close" size={16} />
        </ActionIcon>
      )}
    </Group>
  )
}
