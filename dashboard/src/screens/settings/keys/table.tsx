import type { AnswerOf } from '@cairn/wire/api'
import { Badge, Button, Code, Table, Text } from '@mantine/core'
import { texts } from '../../../texts/texts.ts'
import { useFormat } from '../../../ui/format.ts'
import { When } from '../../../ui/when.tsx'
import { TableRegion } from '../../../ui/table-region.tsx'

const t = texts.settings.keys
export type Key = AnswerOf<'listKeys'>['keys'][number]

/** `revoke` where there is something to revoke. */
export function KeyTable({ keys, label, revoke }: { keys: readonly Key[]; label: string; revoke?: (key: Key) => void }) {
  const format = useFormat()
  return (
    <TableRegion minWidth={680} label={label}>
      <Table verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t.name}</Table.Th>
            <Table.Th scope="col">{t.kind}</Table.Th>
            <Table.Th scope="col">{t.prefix}</Table.Th>
            <Table.Th scope="col">{t.created}</Table.Th>
            <Table.Th scope="col">{t.lastUsed}</Table.Th>
            <Table.Th scope="col">{revoke ? <span className="only-read">{texts.settings.action}</span> : t.revoked}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {keys.map((key) => (
            <Table.Tr key={key.id}>
              <Table.Td maw={240} style={{ overflowWrap: 'anywhere' }}>
                {key.name}
              </Table.Td>
              <Table.Td>
                <Badge variant="light" color={key.kind === 'secret' ? 'grape' : 'blue'} title={key.kind === 'secret' ? t.secretHint : t.writeHint}>
                  {key.kind === 'secret' ? t.secret : t.write}
                </Badge>
              </Table.Td>
              <Table.Td>
                <Code>{key.prefix}…</Code>
              </Table.Td>
              <Table.Td>
                <span title={format.time(key.created_at)}>{format.date(key.created_at)}</span>
              </Table.Td>
              <Table.Td>{key.last_used_at ? <When at={key.last_used_at} /> : <Text c="dimmed">{t.never}</Text>}</Table.Td>
              <Table.Td ta={revoke ? 'right' : undefined}>
                {revoke ? (
                  <Button size="compact-sm" variant="default" aria-label={t.revokeOf(key.name)} onClick={() => revoke(key)}>
                    {t.revoke}
                  </Button>
                ) : (
                  key.revoked_at && <When at={key.revoked_at} />
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </TableRegion>
  )
}
