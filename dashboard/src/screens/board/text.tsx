import { Button, Group } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { texts } from '../../texts/texts.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/faces.tsx'
import { Form } from '../../ui/form.tsx'
import { NameField, WordsField } from '../../ui/words.tsx'
import type { Board } from '../board.tsx'

const t = texts.boards.text

/** Words beside the figures. */
export function TextDialog({ board, close }: { board: Board; close: () => void }) {
  const { slug: workspace } = useWorkspace()
  const queries = useQueryClient()
  const [title, setTitle] = useState('')
  const [text, setText] = useState('')
  const act = useMutation({
    mutationFn: () => call('addWidget', { workspace, params: { id: board.id }, body: { type: 'text', title: title.trim(), text, w: 4, h: 2 } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['getDashboard'] })
      close()
    },
  })
  return (
    <Dialog title={t.title} close={close}>
      <Form submit={() => text.trim() !== '' && act.mutate()}>
        {act.error && <Failure error={act.error} title={texts.shell.faces.notDone} />}
        <NameField label={t.name} value={title} change={setTitle} isFirst />
        <WordsField label={t.text} value={text} change={setText} maxLength={10_000} minRows={4} />
        <Group justify="flex-end">
          <Button type="submit" loading={act.isPending} disabled={text.trim() === ''}>
            {t.add}
          </Button>
        </Group>
      </Form>
    </Dialog>
  )
}
