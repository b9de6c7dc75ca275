import { Button, Checkbox, Group, Radio, Stack } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { ask } from '../../api/queries.ts'
import { texts } from '../../texts/texts.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Faces, Failure } from '../../ui/faces.tsx'
import { Form } from '../../ui/form.tsx'
import { NameField } from '../../ui/words.tsx'

const t = texts.boards.make
const BLANK = ''

/** Begins a dashboard: with nothing on it, or as a template has it. */
export function NewBoard({ close }: { close: () => void }) {
  const { slug: workspace } = useWorkspace()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const templates = useQuery(ask('listTemplates', { workspace }))
  const [name, setName] = useState('')
  const [chosen, setChosen] = useState(BLANK)
  const [isPrivate, setPrivate] = useState(false)
  const template = templates.data?.templates.find((one) => one.template === chosen)
  const act = useMutation({
    mutationFn: () =>
      call('createDashboard', {
        workspace,
        body: { name: name.trim() || template?.name, ...(template ? { template: template.template } : {}), visibility: isPrivate ? 'private' : 'workspace' },
      }),
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: ['listDashboards'] })
      await navigate({ to: `/w/${workspace}/dashboards/${id}` })
    },
  })
  const isReady = name.trim() !== '' || template !== undefined
  return (
    <Dialog title={t.title} close={close}>
      <Faces of={templates}>
        {({ templates: offered }) => (
          <Form submit={() => isReady && act.mutate()}>
            {act.error && <Failure error={act.error} title={texts.shell.faces.notDone} />}
            <NameField label={t.name} hint={template?.name ?? ''} value={name} change={setName} isFirst />
            <Radio.Group label={t.from} value={chosen} onChange={setChosen}>
              <Stack gap="xs" mt="xs">
                <Radio value={BLANK} label={t.blank} />
                {offered.map((one) => (
                  <Radio key={one.template} value={one.template} label={one.name} description={one.description} />
                ))}
              </Stack>
            </Radio.Group>
            <Checkbox label={t.private} description={t.privateHint} checked={isPrivate} onChange={({ currentTarget }) => setPrivate(currentTarget.checked)} />
            <Group justify="flex-end">
              <Button type="submit" loading={act.isPending} disabled={!isReady}>
                {t.make}
              </Button>
            </Group>
          </Form>
        )}
      </Faces>
    </Dialog>
  )
}
