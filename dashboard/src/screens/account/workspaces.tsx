import { Anchor, Button, Group, Table, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Membership } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { texts } from '../../texts/texts.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/faces.tsx'
import { ownZone } from '../../ui/format.ts'
import { said } from '../../ui/notice.ts'
import { Section } from '../../ui/section.tsx'
import { TableRegion } from '../../ui/table-region.tsx'
import { useSetUrl, useUrl } from '../../url.ts'
import { checks, faultsOf, hasFaults, type Faults } from '../entrance/fields.ts'
import { ZoneField } from '../entrance/zone-field.tsx'
import { Form } from '../../ui/form.tsx'

const t = texts.accounts.account
const f = texts.accounts.fields

export function Workspaces({ workspaces }: { workspaces: readonly Membership[] }) {
  const setUrl = useSetUrl()
  const isMaking = useUrl()['new'] === 'workspace'
  const mayMake = workspaces.some(({ role }) => role === 'owner' || role === 'admin')
  return (
    <Section
      title={t.workspaces}
      lead={mayMake ? undefined : t.mayNotMake}
      actions={
        mayMake && (
          <Button size="xs" onClick={() => setUrl({ new: 'workspace' })}>
            {t.newWorkspace}
          </Button>
        )
      }
    >
      {workspaces.length > 0 && (
        <TableRegion minWidth={400} label={t.workspaces}>
          <Table verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t.workspace}</Table.Th>
                <Table.Th scope="col">{t.role}</Table.Th>
                <Table.Th scope="col">{t.zone}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {workspaces.map(({ slug, name, role, timezone }) => (
                <Table.Tr key={slug}>
                  <Table.Td>
                    <Anchor renderRoot={(props) => <Link {...props} to={`/w/${slug}/overview`} />}>{name}</Anchor>
                  </Table.Td>
                  <Table.Td title={texts.accounts.roles[role].may}>{texts.accounts.roles[role].name}</Table.Td>
                  <Table.Td>{timezone}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </TableRegion>
      )}
      {mayMake && isMaking && (
        <Dialog title={t.newWorkspace} close={() => setUrl({ new: undefined })}>
          <NewWorkspace />
        </Dialog>
      )}
    </Section>
  )
}

function NewWorkspace() {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [values, setValues] = useState({ name: '', timezone: ownZone() })
  const [faults, setFaults] = useState<Faults>({})
  const create = useMutation({
    mutationFn: () => call('createWorkspace', { body: { name: values.name.trim(), timezone: values.timezone.trim() } }),
    onSuccess: async ({ slug, name }) => {
      await queries.invalidateQueries({ queryKey: ['getAccount'] })
      await navigate({ to: `/w/${slug}/start` })
      said(t.created(name))
    },
    onError: (error) => setFaults(faultsOf(error)),
  })
  const submit = (): void => {
    const found = { name: checks.name(values.name), timezone: checks.zone(values.timezone) }
    setFaults(found)
    if (!hasFaults(found)) create.mutate()
  }
  return (
    <Form submit={submit}>
      <Text size="sm" c="dimmed">
        {t.newWorkspaceLead}
      </Text>
      {create.error && !faults['name'] && !faults['timezone'] && <Failure error={create.error} title={texts.shell.faces.notDone} />}
      <TextInput
        label={f.workspaceName}
        description={f.workspaceNameHint}
        value={values.name}
        error={faults['name']}
        maxLength={100}
        data-autofocus
        onChange={({ currentTarget }) => setValues({ ...values, name: currentTarget.value })}
      />
      <ZoneField value={values.timezone} error={faults['timezone']} onChange={(timezone) => setValues({ ...values, timezone })} />
      <Group justify="flex-end">
        <Button type="submit" loading={create.isPending}>
          {t.create}
        </Button>
      </Group>
    </Form>
  )
}
