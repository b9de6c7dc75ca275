import { Anchor, Badge, Group, SimpleGrid, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useWorkspace } from '../../account.tsx'
import { texts } from '../../texts/texts.ts'
import { useFormat } from '../../ui/format.ts'
import type { TaskAnswer } from '../task.tsx'
import { dayOrText, textOf } from '../tasks/attributes.ts'
import { Part } from './part.tsx'

const t = texts.tasks.one
const known = [
  'title',
  'status',
  'type',
  'project_id',
  'client_id',
  'created_by',
  'start_date',
  'end_date',
  'due_date',
  'completed_at',
  'cost',
  'budget',
  'currency',
]

/** What the host has told of it. */
export function Facts({ task: { entity_id, attributes, created_at, updated_at } }: { task: TaskAnswer }) {
  const { slug } = useWorkspace()
  const format = useFormat()
  const text = (name: string): string => textOf(attributes[name])
  const day = (name: string): string => dayOrText(attributes[name], format)
  const money = (name: string): string => [text(name), text(name) && text('currency')].filter(Boolean).join(' ')
  const linked = (name: string, to: string, search: Record<string, string> = {}): ReactNode =>
    text(name) && (
      <Anchor size="sm" renderRoot={(props) => <Link {...props} to={to} search={search} />}>
        {text(name)}
      </Anchor>
    )
  const facts: [string, ReactNode][] = [
    [t.type, text('type')],
    [t.project, linked('project_id', `/w/${slug}/projects`, { search: text('project_id') })],
    [t.client, text('client_id')],
    [t.creator, linked('created_by', `/w/${slug}/people/${encodeURIComponent(text('created_by'))}`)],
    [t.start, day('start_date')],
    [t.due, day('due_date')],
    [t.end, day('end_date')],
    [t.completed, day('completed_at')],
    [t.cost, money('cost')],
    [t.budget, money('budget')],
    [t.made, format.time(created_at)],
    [t.changed, format.time(updated_at)],
  ]
  const others = Object.entries(attributes).filter(([name]) => !known.includes(name))
  return (
    <Part title={t.facts}>
      <Group gap="xs">
        {text('status') && (
          <Badge variant="light" color="moss">
            {text('status')}
          </Badge>
        )}
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {entity_id}
        </Text>
      </Group>
      <SimpleGrid component="dl" cols={2} spacing="sm" verticalSpacing="xs" m={0}>
        {[...facts, ...others.map(([name, value]): [string, ReactNode] => [name, textOf(value) || JSON.stringify(value)])].map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <Text component="dt" size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                  {name}
                </Text>
                <Text component="dd" m={0} size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>
                  {value}
                </Text>
              </div>
            ),
        )}
      </SimpleGrid>
    </Part>
  )
}
