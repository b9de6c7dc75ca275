import { Center, Paper, Stack, Text } from '@mantine/core'
import { useIntersection } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useWorkspace } from '../account.tsx'
import { askPages } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import { Empty, Faces, Waiting } from '../ui/faces.tsx'
import { More } from '../ui/more.tsx'
import { useUrl } from '../url.ts'
import { Entries } from './settings/audit/entries.tsx'
import { Filters } from './settings/audit/filters.tsx'
import { AdminsOnly, Settings } from './settings/frame.tsx'

const t = texts.settings.audit

export function SettingsAudit() {
  const { may } = useWorkspace()
  return (
    <Settings here="settings/audit" title={t.title} lead={t.lead}>
      {may('admin') ? <Audit /> : <AdminsOnly />}
    </Settings>
  )
}

function Audit() {
  const { slug: workspace } = useWorkspace()
  const { action, actor } = useUrl()
  const log = useInfiniteQuery(askPages('listAudit', { workspace, query: { action, actor } }))
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = log
  const { ref, entry } = useIntersection({ rootMargin: '400px' })
  const isNear = entry?.isIntersecting ?? false
  useEffect(() => {
    if (isNear && hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [isNear, hasNextPage, isFetchingNextPage, fetchNextPage])
  return (
    <Stack gap="md">
      <Filters />
      <Faces of={log} waiting={<Waiting rows={12} />}>
        {({ pages }) => {
          const entries = pages.flatMap((page) => page.entries)
          if (entries.length === 0)
            return action || actor ? <Empty title={t.noneFiltered}>{t.noneFilteredLead}</Empty> : <Empty title={t.none}>{t.noneLead}</Empty>
          return (
            <>
              <Paper withBorder bg="var(--cairn-surface)" style={{ borderColor: 'var(--cairn-line)' }} radius="md" px="md" py="xs">
                <Entries entries={entries} />
              </Paper>
              <Center ref={ref} mih={40}>
                {hasNextPage ? (
                  <More of={log}>{t.more}</More>
                ) : (
                  <Text size="sm" c="dimmed">
                    {t.end}
                  </Text>
                )}
              </Center>
            </>
          )
        }}
      </Faces>
    </Stack>
  )
}
