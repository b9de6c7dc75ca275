import type { AnswerOf } from '@cairn/wire/api'
import { Badge, Table, UnstyledButton } from '@mantine/core'
import { Fragment, useState } from 'react'
import { texts } from '../../../texts/texts.ts'
import { useFormat } from '../../../ui/format.ts'
import { Icon } from '../../../ui/icons.tsx'
import { TableRegion } from '../../../ui/table-region.tsx'
import { Details } from './details.tsx'

const t = texts.settings.audit
export type Entry = AnswerOf<'listAudit'>['entries'][number]

export const nameOfAction = (action: string): string => t.actions[action] ?? action

export function Entries({ entries }: { entries: readonly Entry[] }) {
  const format = useFormat()
  const [open, setOpen] = useState<string>()
  return (
    <TableRegion minWidth={820} label={t.table}>
      <Table verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t.time}</Table.Th>
            <Table.Th scope="col">{t.actor}</Table.Th>
            <Table.Th scope="col">{t.action}</Table.Th>
            <Table.Th scope="col">{t.target}</Table.Th>
            <Table.Th scope="col">{t.from}</Table.Th>
            <Table.Th scope="col">
              <span className="only-read">{t.details}</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map(({ id, at, actor, actor_kind, action, target, from, details }) => {
            const isOpen = open === id
            return (
              <Fragment key={id}>
                <Table.Tr>
                  <Table.Td style={{ whiteSpace: 'nowrap' }}>
                    <time dateTime={at} title={at}>
                      {format.time(at)}
                    </time>
                  </Table.Td>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>
                    {actor}
                    {actor_kind === 'key' && (
                      <Badge ml={6} size="sm" variant="light" color="gray">
                        {t.key}
                      </Badge>
                    )}
                  </Table.Td>
                  <Table.Td title={action}>{nameOfAction(action)}</Table.Td>
                  <Table.Td maw={260} style={{ overflowWrap: 'anywhere' }}>
                    {target}
                  </Table.Td>
                  <Table.Td c="dimmed" fz="sm">
                    {from}
                  </Table.Td>
                  <Table.Td>
                    {Object.keys(details).length > 0 && (
                      <UnstyledButton
                        p={6}
                        aria-expanded={isOpen}
                        aria-controls={`details-${id}`}
                        aria-label={t.showDetails(nameOfAction(action), target)}
                        onClick={() => setOpen(isOpen ? undefined : id)}
                      >
                        <Icon name={isOpen ? 'down' : 'right'} size={16} />
                      </UnstyledButton>
                    )}
                  </Table.Td>
                </Table.Tr>
                {isOpen && (
                  <Table.Tr id={`details-${id}`}>
                    <Table.Td colSpan={6} bg="var(--cairn-ground)">
                      <Details details={details} />
                    </Table.Td>
                  </Table.Tr>
                )}
              </Fragment>
            )
          })}
        </Table.Tbody>
      </Table>
    </TableRegion>
  )
}
