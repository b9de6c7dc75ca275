import { Table, Text } from '@mantine/core'
import { texts } from '../../texts/texts.ts'
import { useFormat } from '../../ui/format.ts'
import classes from './health.module.css'
import type { Ledger } from './lines.ts'
import { Section } from '../../ui/section.tsx'
import { Count, Lines } from './pieces.tsx'

const t = texts.operations.health.capture

/** How much of what trackers numbered has arrived, by day and tracker. */
export function Capture({ ledger }: { ledger: Ledger }) {
  const { percent, number } = useFormat()
  const rate = ledger.capture_rate
  return (
    <Section open title={t.title} lead={t.lead}>
      {rate === null ? (
        <Text size="sm" className={classes['card']}>
          {t.none}
        </Text>
      ) : (
        <>
          <Text size="sm" fw={600}>
            {t.total(percent(rate, 2), number(ledger.total.missing))}
          </Text>
          <Lines label={t.table} long>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{t.day}</Table.Th>
                  <Table.Th scope="col">{t.tracker}</Table.Th>
                  {(['emitted', 'received', 'missing', 'rate'] as const).map((column) => (
                    <Table.Th key={column} scope="col" className={classes['number']}>
                      {t[column]}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {ledger.capture.toReversed().map((line) => (
                  <Table.Tr key={`${line.day} ${line.tracker}`}>
                    <Table.Th scope="row" fw={400} style={{ whiteSpace: 'nowrap' }}>
                      {line.day}
                    </Table.Th>
                    <Table.Td>{line.tracker === '' ? texts.shell.faces.none : line.tracker}</Table.Td>
                    {(['emitted', 'received', 'missing'] as const).map((column) => (
                      <Table.Td key={column} className={classes['number']}>
                        <Count value={line[column]} />
                      </Table.Td>
                    ))}
                    <Table.Td className={classes['number']}>{percent(line.rate, 2)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Lines>
        </>
      )}
    </Section>
  )
}
