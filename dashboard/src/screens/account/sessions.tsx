import { Badge, Button, Table, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call } from '../../api/client.ts'
import { ask } from '../../api/queries.ts'
import { texts } from '../../texts/texts.ts'
import { Faces, Waiting } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'
import { said, saidFailure } from '../../ui/notice.ts'
import { Section } from '../../ui/section.tsx'
import { When } from '../../ui/when.tsx'
import { TableRegion } from '../../ui/table-region.tsx'

const t = texts.accounts.account

export function Sessions() {
  const sessions = useQuery(ask('listSessions'))
  const queries = useQueryClient()
  const format = useFormat()
  const end = useMutation({
    mutationFn: (id: string) => call('endSession', { params: { id } }),
    onSuccess: () => said(t.sessionEnded),
    onError: saidFailure,
    onSettled: () => queries.invalidateQueries({ queryKey: ['listSessions'] }),
  })
  return (
    <Section title={t.sessions} lead={t.sessionsLead}>
      <Faces of={sessions} waiting={<Waiting rows={3} height={40} />}>
        {({ sessions: all }) => (
          <TableRegion minWidth={560} label={t.sessions}>
            <Table verticalSpacing="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{t.browser}</Table.Th>
                  <Table.Th scope="col">{t.since}</Table.Th>
                  <Table.Th scope="col">{t.lastSeen}</Table.Th>
                  <Table.Th scope="col">{t.ends}</Table.Th>
                  <Table.Th scope="col">
                    <span className="only-read">{t.action}</span>
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {all.map(({ id, browser, created_at, last_seen_at, expires_at, current }) => (
                  <Table.Tr key={id}>
                    <Table.Td>{browser || <Text c="dimmed">{t.unknownBrowser}</Text>}</Table.Td>
                    <Table.Td>
                      <When at={created_at} />
                    </Table.Td>
                    <Table.Td>
                      <When at={last_seen_at} />
                    </Table.Td>
                    <Table.Td>
                      <span title={format.time(expires_at)}>{format.date(expires_at)}</span>
                    </Table.Td>
                    <Table.Td ta="right">
                      {current ? (
                        <Badge variant="light">{t.here}</Badge>
                      ) : (
                        <Button
                          size="compact-sm"
                          variant="default"
                          aria-label={t.endSessionOf(browser || t.unknownBrowser, format.time(created_at))}
                          loading={end.isPending && end.variables === id}
                          onClick={() => end.mutate(id)}
                        >
                          {t.endSession}
                        </Button>
                      )}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </TableRegion>
        )}
      </Faces>
    </Section>
  )
}
