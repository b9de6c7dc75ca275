import { Anchor, Table, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { reasons, type Reason } from '@cairn/wire/outcome'
import { useWorkspace } from '../../account.tsx'
import { texts } from '../../texts/texts.ts'
import { useUrl } from '../../url.ts'
import classes from './health.module.css'
import type { Ledger } from './lines.ts'
import { Section } from '../../ui/section.tsx'
import { Count, Lines } from './pieces.tsx'

const t = texts.operations.health.reasons

/** Events that are not in the store, by reason, with what it means and the way to them. */
export function Reasons({ total }: { total: Ledger['total'] }) {
  const { slug } = useWorkspace()
  const { range, from, to } = useUrl()
  const found = [
    ...Object.entries(total.quarantined_by_reason).map(([reason, events]) => ({ reason, events, outcome: 'quarantined' as const })),
    ...Object.entries(total.not_recorded_by_reason).map(([reason, events]) => ({ reason, events, outcome: 'not_recorded' as const })),
  ].sort((a, b) => b.events - a.events)
  return (
    <Section open title={t.title} lead={t.lead}>
      {found.length === 0 ? (
        <Text size="sm" className={classes['card']}>
          {t.none}
        </Text>
      ) : (
        <Lines label={t.table}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t.reason}</Table.Th>
                <Table.Th scope="col">{t.means}</Table.Th>
                <Table.Th scope="col" className={classes['number']}>
                  {t.events}
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {found.map(({ reason, events, outcome }) => (
                <Table.Tr key={`${outcome} ${reason}`}>
                  <Table.Th scope="row" fw={400}>
                    {outcome === 'quarantined' ? (
                      <Anchor component={Link} size="sm" to={`/w/${slug}/quarantine`} search={{ code: reason, range, from, to } as never} title={t.open}>
                        {nameOf(reason)}
                      </Anchor>
                    ) : (
                      nameOf(reason)
                    )}
                    <Text size="xs" c="dimmed">
                      {t.outcome[outcome]}
                    </Text>
                  </Table.Th>
                  <Table.Td miw={220}>
                    {isReason(reason) && (
                      <>
                        <Text size="sm">{reasons[reason].means}</Text>
                        <Text size="sm" c="dimmed">
                          {reasons[reason].remedy}
                        </Text>
                      </>
                    )}
                  </Table.Td>
                  <Table.Td className={classes['number']}>
                    <Count value={events} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Lines>
      )}
    </Section>
  )
}
/** The code itself where a newer server has one that this page does not know. */
const nameOf = (reason: string): string => (isReason(reason) ? texts.events.quarantine.reasons[reason] : reason)
const isReason = (text: string): text is Reason => text in reasons
