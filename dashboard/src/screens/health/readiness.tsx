import { SimpleGrid, Table, Text, Title } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { texts } from '../../texts/texts.ts'
import { useFormat } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'
import { Section } from '../../ui/section.tsx'
import classes from './health.module.css'
import { Lines } from './pieces.tsx'

const t = texts.operations.health.readiness
/** Gates that ask for few; the others ask for many. */
const most: ReadonlySet<string> = new Set(['open_warnings', 'failing_jobs', 'overhead_ms'])
type Answer = AnswerOf<'readiness'>
type Stage = Pick<Answer, 'ready' | 'gates'>

/** Whether there is enough to learn from: each gate, what it needs, and what there is. */
export const Readiness = ({ readiness }: { readiness: Answer }) => (
  <Section open title={t.title} lead={t.lead}>
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
      <Gates title={t.phase0} stage={readiness.phase0} />
      <Gates title={t.ai} stage={readiness} />
    </SimpleGrid>
  </Section>
)

function Gates({ title, stage: { ready, gates } }: { title: string; stage: Stage }) {
  const { number } = useFormat()
  return (
    <div>
      <Title order={3} mb={4}>
        {title}
      </Title>
      <Text size="sm" mb="xs" className={`${classes['state']} ${classes[ready ? 'ok' : 'degraded']}`}>
        <Icon name={ready ? 'check' : 'quarantine'} size={16} />
        {ready ? t.ready : t.notReady(number(gates.filter(({ met }) => !met).length))}
      </Text>
      <Lines label={title}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t.gate}</Table.Th>
              <Table.Th scope="col" className={classes['number']}>
                {t.is}
              </Table.Th>
              <Table.Th scope="col" className={classes['number']}>
                {t.needed}
              </Table.Th>
              <Table.Th scope="col">{t.state}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {gates.map(({ name, figure, needed, met }) => {
              const bound = most.has(name) ? t.most : t.least
              return (
                <Table.Tr key={name}>
                  <Table.Th scope="row" fw={400}>
                    {t.gates[name] ?? name}
                  </Table.Th>
                  <Table.Td className={classes['number']}>{figure === null ? t.unknown : number(figure)}</Table.Td>
                  <Table.Td className={classes['number']}>{bound(number(needed))}</Table.Td>
                  <Table.Td style={{ whiteSpace: 'nowrap' }}>
                    <span className={`${classes['state']} ${classes[met ? 'ok' : 'degraded']}`}>
                      <Icon name={met ? 'check' : 'close'} size={16} />
                      {met ? t.met : t.notMet}
                    </span>
                  </Table.Td>
                </Table.Tr>
              )
            })}
          </Table.Tbody>
        </Table>
      </Lines>
    </div>
  )
}
