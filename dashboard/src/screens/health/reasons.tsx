import { Anchor, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { reasons, type Reason } from '@cairn/wire/outcome'
import { useWorkspace } from '../../account.tsx'
import { texts } from '../../texts/texts.ts'
import { useUrl, type Url } from '../../url.ts'
import classes from './health.module.css'
import type { Ledger } from './lines.ts'
import { Records, type Field } from '../../ui/records.tsx'
import { Section } from '../../ui/section.tsx'
import { Count } from './pieces.tsx'

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
        <Records
          framed
          label={t.table}
          minWidth={560}
          of={found}
          keyOf={({ reason, outcome }) => `${outcome} ${reason}`}
          fields={fieldsOf((code) => ({ to: `/w/${slug}/quarantine`, search: { code, range, from, to } }))}
        />
      )}
    </Section>
  )
}
interface Line {
  reason: string
  events: number
  outcome: 'quarantined' | 'not_recorded'
}
const fieldsOf = (linkOf: (reason: string) => { to: string; search: Url }): ReadonlyArray<Field<Line>> => [
  {
    head: t.reason,
    cell: ({ reason, outcome }) => (
      <>
        {outcome === 'quarantined' ? (
          <Anchor component={Link} size="sm" {...(linkOf(reason) as object)} title={t.open}>
            {nameOf(reason)}
          </Anchor>
        ) : (
          <Text size="sm" span>
            {nameOf(reason)}
          </Text>
        )}
        <Text size="xs" c="dimmed">
          {t.outcome[outcome]}
        </Text>
      </>
    ),
  },
  {
    head: t.means,
    cell: ({ reason }) =>
      isReason(reason) && (
        <>
          <Text size="sm">{reasons[reason].means}</Text>
          <Text size="sm" c="dimmed">
            {reasons[reason].remedy}
          </Text>
        </>
      ),
  },
  { head: t.events, right: true, cell: ({ events }) => <Count value={events} /> },
]

/** The code itself where a newer server has one that this page does not know. */
const nameOf = (reason: string): string => (isReason(reason) ? texts.events.quarantine.reasons[reason] : reason)
const isReason = (text: string): text is Reason => text in reasons
