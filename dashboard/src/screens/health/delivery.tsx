import { Anchor, Group, NativeSelect, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import { locale } from '../../texts/language.ts'
import { texts } from '../../texts/texts.ts'
import { Empty } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'
import { useSetUrl } from '../../url.ts'
import classes from './health.module.css'
import { columns, linesBy, sumsOf, type Ledger, type LinesBy, type Sum } from './lines.ts'
import { Section } from '../../ui/section.tsx'
import { Count, Lines } from './pieces.tsx'

const t = texts.operations.health.delivery

/** The two equations with the numbers of the range, whether they hold, and the same by day, hour or sender. */
export function Delivery({ ledger, lines }: { ledger: Ledger; lines: LinesBy }) {
  const setUrl = useSetUrl()
  const { slug } = useWorkspace()
  const { total } = ledger
  if (total.received === 0 && total.stored === 0)
    return (
      <Section open title={t.title} lead={t.lead}>
        <Empty
          title={t.quiet}
          action={
            <Anchor component={Link} to={`/w/${slug}/start`}>
              {t.start}
            </Anchor>
          }
        >
          {t.quietHint}
        </Empty>
      </Section>
    )
  return (
    <Section
      open
      title={t.title}
      lead={t.lead}
      actions={
        <NativeSelect
          label={t.by}
          value={lines}
          data={linesBy.map((by) => ({ value: by, label: t.lines[by] }))}
          onChange={({ currentTarget: { value } }) => setUrl({ by: value === 'day' ? undefined : value })}
        />
      }
    >
      <Equation title={t.first} total={total} left="received" right={['accepted', 'quarantined', 'not_recorded']} />
      <Equation title={t.second} total={total} left="accepted" right={['stored', 'deduplicated', 'pending', 'damaged']} />
      <Lines label={t.table} long>
        <Table>
          <Table.Thead>
            <Table.Tr>
              {lines === 'tracker' ? (
                <>
                  <Table.Th scope="col">{t.tracker}</Table.Th>
                  <Table.Th scope="col">{t.key}</Table.Th>
                </>
              ) : (
                <Table.Th scope="col">{t.lines[lines]}</Table.Th>
              )}
              {columns.map((column) => (
                <Table.Th key={column} scope="col" className={classes['number']} title={t.words[column][1]}>
                  {t.words[column][0]}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sumsOf(ledger.lines, lines).map((sum) => (
              <Table.Tr key={sum.id}>
                {lines === 'tracker' ? <Sender sum={sum} /> : <When sum={sum} />}
                {columns.map((column) => (
                  <Table.Td key={column} className={classes['number']}>
                    <Count value={sum[column]} />
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Lines>
    </Section>
  )
}

type Term = Exclude<(typeof columns)[number], 'gap'>
/** What an equation leaves over, over or under. */
const restOf = (total: Ledger['total'], left: Term, right: readonly Term[]): number => total[left] - right.reduce((sum, term) => sum + total[term], 0)

function Equation({ title, total, left, right }: { title: string; total: Ledger['total']; left: Term; right: readonly Term[] }) {
  const { number } = useFormat()
  const rest = restOf(total, left, right)
  return (
    <div className={classes['card']}>
      <Group justify="space-between" gap="xs" mb="xs">
        <Text size="sm" c="dimmed">
          {title}
        </Text>
        <span className={`${classes['state']} ${classes[rest === 0 ? 'ok' : 'down']}`}>
          <Icon name={rest === 0 ? 'check' : 'quarantine'} size={16} />
          {rest === 0 ? t.holds : t.fails(number(Math.abs(rest)))}
        </span>
      </Group>
      <dl className={classes['equation']}>
        {[left, ...right].map((term, index) => (
          <div key={term} className={classes['term']} title={t.words[term][1]}>
            <dt>
              {index > 0 && (
                <span className={classes['sign']} aria-hidden="true">
                  {index === 1 ? '=' : '+'}
                </span>
              )}
              {t.words[term][0]}
            </dt>
            <dd>
              <Count value={total[term]} />
            </dd>
          </div>
        ))}
      </dl>
      {rest !== 0 && (
        <Text size="sm" mt="xs">
          {t.failsDetail}
        </Text>
      )}
    </div>
  )
}

function When({ sum: { line } }: { sum: Sum }) {
  const { interval, time } = useFormat()
  // A day is that of the answer's zone: at noon UTC it is the same day nearly everywhere, and shown as it is.
  return (
    <Table.Th scope="row" fw={400} title={line.hour === undefined ? line.day : time(line.hour)} className={classes['number']} style={{ textAlign: 'left' }}>
      {line.hour === undefined ? dayText(line.day ?? '') : interval(line.hour, 'hour')}
    </Table.Th>
  )
}
const dayText = (day: string): string =>
  new Intl.DateTimeFormat(locale, { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }).format(new Date(day))

function Sender({ sum: { line } }: { sum: Sum }) {
  const { slug, may } = useWorkspace()
  const keys = useQuery({ ...ask('listKeys', { workspace: slug }), enabled: may('admin') })
  const name = keys.data?.keys.find(({ id }) => id === line.key_id)?.name
  return (
    <>
      <Table.Th scope="row" fw={400}>
        {line.tracker === '' ? t.noTracker : line.tracker}
        <Text size="xs" c="dimmed">
          {t.source}: {line.source}
        </Text>
      </Table.Th>
      <Table.Td title={line.key_id}>{line.key_id.startsWith('user:') ? t.signedIn : (name ?? line.key_id)}</Table.Td>
    </>
  )
}
