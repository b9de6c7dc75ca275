import { Code, Table, Text } from '@mantine/core'
import { texts } from '../../../texts/texts.ts'

const t = texts.settings.audit
interface Change {
  from: unknown
  to: unknown
}

/** What else was noted: settings as before and after, everything else as it is. */
export function Details({ details }: { details: Readonly<Record<string, unknown>> }) {
  const entries = Object.entries(details)
  if (entries.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t.noDetails}
      </Text>
    )
  return (
    <Table layout="auto" w="auto" withRowBorders={false} verticalSpacing={4}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t.field}</Table.Th>
          {entries.some(([, value]) => isChange(value)) ? (
            <>
              <Table.Th scope="col">{t.before}</Table.Th>
              <Table.Th scope="col">{t.after}</Table.Th>
            </>
          ) : (
            <Table.Th scope="col">{t.value}</Table.Th>
          )}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {entries.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" fw={400}>
              {name}
            </Table.Th>
            {isChange(value) ? (
              <>
                <Table.Td>
                  <Value value={value.from} />
                </Table.Td>
                <Table.Td>
                  <Value value={value.to} />
                </Table.Td>
              </>
            ) : (
              <Table.Td colSpan={2}>
                <Value value={value} />
              </Table.Td>
            )}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

const isChange = (value: unknown): value is Change => typeof value === 'object' && value !== null && 'from' in value && 'to' in value

const Value = ({ value }: { value: unknown }) => <Code style={{ overflowWrap: 'anywhere' }}>{typeof value === 'string' ? value : JSON.stringify(value)}</Code>
