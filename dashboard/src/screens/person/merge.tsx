import { Button, Group, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { texts } from '../../texts/texts.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/faces.tsx'
import { Form } from '../../ui/form.tsx'
import { said } from '../../ui/notice.ts'
import type { PersonAnswer } from '../person.tsx'

const t = texts.events.person

/** Joins another user to this person, once it is said what that does. */
export function Merge({ person, close }: { person: PersonAnswer; close: () => void }) {
  const { slug } = useWorkspace()
  const queries = useQueryClient()
  const [typed, setTyped] = useState('')
  const user = person.identity.user_id ?? ''
  const other = typed.trim()
  const isSame = person.identity.user_ids.includes(other)
  const merge = useMutation({
    mutationFn: () => call('merge', { workspace: slug, body: { user_id: user, other_id: other } }),
    onSuccess: async ({ meta }) => {
      await queries.invalidateQueries()
      said(meta ? t.told : t.merged(other))
      close()
    },
  })
  const submit = (): void => {
    if (other !== '' && !isSame) merge.mutate()
  }
  return (
    <Dialog title={t.mergeTitle(user)} close={close}>
      <Form submit={submit}>
        {merge.error && <Failure error={merge.error} />}
        <TextInput
          data-autofocus
          autoComplete="off"
          label={t.mergeOther}
          maxLength={255}
          value={typed}
          error={isSame && t.mergeSame}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {t.mergeBody(user, other)}
        </Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {texts.shell.faces.cancel}
          </Button>
          <Button type="submit" disabled={other === '' || isSame} loading={merge.isPending}>
            {t.mergeSure}
          </Button>
        </Group>
      </Form>
    </Dialog>
  )
}
