import { Button, Group, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { texts } from '../../texts/texts.ts'
import { Failure } from '../../ui/faces.tsx'
import { said } from '../../ui/notice.ts'
import { useFormat } from '../../ui/format.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Form } from '../../ui/form.tsx'

const t = texts.events.person

/** Cannot be taken back, so the id is typed first. */
export function Erase({ id, ids, close }: { id: string; ids: readonly string[]; close: () => void }) {
  const { slug } = useWorkspace()
  const { number } = useFormat()
  const queries = useQueryClient()
  const [typed, setTyped] = useState('')
  const erase = useMutation({
    mutationFn: () => call('cleanup', { workspace: slug, query: { older_than_days: 0, user_id: id } }),
    onSuccess: async ({ deleted }) => {
      await queries.invalidateQueries()
      said(t.erased(number(deleted)))
      close()
    },
  })
  const isMeant = typed.trim() === id
  const submit = (): void => {
    if (isMeant) erase.mutate()
  }
  return (
    <Dialog title={t.eraseTitle} close={close}>
      <Form submit={submit}>
        {erase.error && <Failure error={erase.error} />}
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {t.eraseBody(ids.join(', '))}
        </Text>
        <TextInput data-autofocus autoComplete="off" label={t.eraseType(id)} value={typed} onChange={({ currentTarget }) => setTyped(currentTarget.value)} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {texts.shell.faces.cancel}
          </Button>
          <Button type="submit" color="red.9" disabled={!isMeant} loading={erase.isPending}>
            {t.erase}
          </Button>
        </Group>
      </Form>
    </Dialog>
  )
}
