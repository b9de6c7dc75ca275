import { Anchor, Badge, Button, Drawer, Group, Stack, Table, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { texts } from '../../texts/texts.ts'
import { Failure } from '../../ui/faces.tsx'
import { said } from '../../ui/notice.ts'
import { useFocusBack } from '../../ui/focus.ts'
import { useFormat } from '../../ui/format.ts'
import { useAddresses } from '../events/addresses.ts'
import { Section } from '../events/detail.tsx'
import type { ListedType } from '../types.tsx'
import { DeclarationForm } from './declaration-form.tsx'

const t = texts.events.types
const closeButton = { 'aria-label': texts.shell.faces.close, size: 'lg' } as const

/** One type: what came with it, and its declaration. */
export function TypeDetail({ name, listed, isStrict, close }: { name: string; listed: ListedType | undefined; isStrict: boolean; close: () => void }) {
  useFocusBack()
  const to = useAddresses()
  const format = useFormat()
  return (
    <Drawer opened onClose={close} position="right" size="36rem" padding="lg" title={<Text fw={600}>{name}</Text>} closeButtonProps={closeButton}>
      {!listed ? (
        <Text role="status">{t.gone}</Text>
      ) : (
        <Stack gap="lg">
          <Stack gap={6}>
            <Text size="sm" c="dimmed">
              {texts.events.list.total(format.number(listed.count))} · {t.firstSeen.toLowerCase()}{' '}
              {listed.first_seen ? format.time(listed.first_seen) : t.never} · {t.lastSeen.toLowerCase()}{' '}
              {listed.last_seen ? format.time(listed.last_seen) : t.never}
            </Text>
            <Anchor size="sm" renderRoot={(props) => <Link {...props} {...to.events({ event_type: name })} />}>
              {t.events}
            </Anchor>
          </Stack>
          <Section title={t.declaration}>
            <Declaration type={listed} isStrict={isStrict} />
          </Section>
          <Section title={t.properties}>
            <Properties type={listed} />
          </Section>
        </Stack>
      )}
    </Drawer>
  )
}

/** Declares a type that was not seen yet. */
export function NewType({ taken, close }: { taken: readonly ListedType[]; close: () => void }) {
  useFocusBack()
  return (
    <Drawer opened onClose={close} position="right" size="36rem" padding="lg" title={<Text fw={600}>{t.declare}</Text>} closeButtonProps={closeButton}>
      <DeclarationForm taken={taken} done={close} />
    </Drawer>
  )
}

function Declaration({ type, isStrict }: { type: ListedType; isStrict: boolean }) {
  const { may } = useWorkspace()
  const [isEdited, setEdited] = useState(false)
  const { declared } = type
  if (isEdited) return <DeclarationForm type={type} done={() => setEdited(false)} />
  return (
    <Stack gap="sm">
      {declared ? (
        <Stack gap={6} fz="sm">
          {declared.description && <Text size="sm">{declared.description}</Text>}
          <Pair name={t.owner} value={declared.owner} />
          <Pair name={t.category} value={declared.event_category} />
          <Pair name={t.requiredProperties} value={declared.required_properties.join(', ')} />
        </Stack>
      ) : (
        <Text size="sm" c="dimmed">
          {t.notDeclared}
        </Text>
      )}
      {may('analyst') ? (
        <Group gap="xs">
          <Button variant="default" onClick={() => setEdited(true)}>
            {declared ? t.edit : t.declareThis}
          </Button>
          {declared && <Remove name={type.event_type} isStrict={isStrict} />}
        </Group>
      ) : (
        <Text size="sm" c="dimmed">
          {texts.shell.faces.readOnly}
        </Text>
      )}
    </Stack>
  )
}

const Pair = ({ name, value }: { name: string; value: string | null }) => (
  <Text size="sm">
    <Text span inherit c="dimmed">
      {name}:
    </Text>{' '}
    {value || texts.shell.faces.none}
  </Text>
)

/** Asked once more at the same place: it is easily done again. */
function Remove({ name, isStrict }: { name: string; isStrict: boolean }) {
  const { slug } = useWorkspace()
  const queries = useQueryClient()
  const [isAsked, setAsked] = useState(false)
  const remove = useMutation({
    mutationFn: () => call('undeclareType', { workspace: slug, params: { event_type: name } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['listTypes'] })
      said(t.removed)
    },
  })
  if (!isAsked)
    return (
      <Button variant="subtle" color="red" onClick={() => setAsked(true)}>
        {t.remove}
      </Button>
    )
  return (
    <Stack gap="xs" role="group" aria-label={t.remove} w="100%">
      {remove.error && <Failure error={remove.error} />}
      <Text size="sm">
        {t.removeSure} {isStrict && t.removeStrict}
      </Text>
      <Group gap="xs">
        <Button color="red.9" loading={remove.isPending} onClick={() => remove.mutate()} ref={focus}>
          {t.remove}
        </Button>
        <Button variant="default" onClick={() => setAsked(false)}>
          {texts.shell.faces.cancel}
        </Button>
      </Group>
    </Stack>
  )
}

function Properties({ type }: { type: ListedType }) {
  const required = type.declared?.required_properties ?? []
  const missing = required.filter((path) => !type.properties.some((property) => property.path === path))
  const rows = [...type.properties, ...missing.map((path) => ({ path, types: [], example: '' }))]
  if (rows.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t.noProperties}
      </Text>
    )
  return (
    <Table.ScrollContainer minWidth={420} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'region', 'aria-label': t.properties } }}>
      <Table fz="xs" withTableBorder borderColor="var(--cairn-line)">
        <Table.Thead>
          <Table.Tr>
            {[t.path, t.kinds, t.example].map((head) => (
              <Table.Th key={head} scope="col">
                {head}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ path, types, example }) => (
            <Table.Tr key={path}>
              <Table.Th scope="row" fw={550} style={{ overflowWrap: 'anywhere' }}>
                {path}{' '}
                {required.includes(path) && (
                  <Badge size="xs" variant="light" tt="none">
                    {t.isRequired}
                  </Badge>
                )}
              </Table.Th>
              <Table.Td>{types.length > 0 ? types.join(', ') : t.neverSeen}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{example}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

/** The button that was pressed is gone: the keyboard goes on from what took its place. */
const focus = (button: HTMLButtonElement | null): void => button?.focus()
