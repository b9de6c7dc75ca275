import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { texts } from '../../texts/texts.ts'
import { Failure } from '../../ui/faces.tsx'
import { said } from '../../ui/notice.ts'
import { useFormat } from '../../ui/format.ts'

const t = texts.events.person

/** Cannot be taken back, so the id is typed first. */
export function Erase({ id, close }: { id: string; close: () => void }) {
  const { slug } = useWorkspace()
  const { number } = useFormat()
  const queries = useQueryClient()
  const isPhone = useMediaQuery('(max-width: 48em)', undefined, { getInitialValueInEffect: false })
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
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (isMeant) erase.mutate()
  }
  return (
    <Modal opened onClose={close} title={t.eraseTitle} fullScreen={isPhone ?? false} closeButtonProps={{ 'aria-label': texts.shell.faces.close }}>
      <form onSubmit={submit}>
        <Stack gap="md">
          {erase.error && <Failure error={erase.error} />}
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {t.eraseBody(id)}
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
        </Stack>
      </form>
    </Modal>
  )
}
