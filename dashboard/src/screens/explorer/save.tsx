import { Button, Group } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import type { Question } from '@cairn/wire/questions/question'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { texts } from '../../texts/texts.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/faces.tsx'
import { Form } from '../../ui/form.tsx'
import { NameField, WordsField } from '../../ui/words.tsx'
import { said } from '../../ui/notice.ts'

const t = texts.insights.save
export type Saved = AnswerOf<'getInsight'>

interface Props {
  question: Question
  /** The insight that is open: what is saved may take its place. */
  saved: Saved | undefined
  close: () => void
}

/** Saves a question under a name: as a new insight, or in place of the one that is open. */
export function SaveInsight({ question, saved, close }: Props) {
  const { slug: workspace } = useWorkspace()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [name, setName] = useState(saved?.name ?? '')
  const [description, setDescription] = useState(saved?.description ?? '')
  const body = { name: name.trim(), description: description.trim(), question }
  const act = useMutation({
    mutationFn: (inPlace: boolean) =>
      inPlace && saved
        ? call('putInsight', { workspace, params: { id: saved.id }, body: { ...body, version: saved.version } })
        : call('createInsight', { workspace, body }),
    onSuccess: async (insight) => {
      queries.setQueryData(['getInsight', { workspace, params: { id: insight.id } }], insight)
      await queries.invalidateQueries({ queryKey: ['listInsights'] })
      said(t.saved(insight.name))
      close()
      await navigate({ to: `/w/${workspace}/insights/${insight.id}`, search: (now: object) => ({ ...now, q: undefined }), replace: true })
    },
  })
  return (
    <Dialog title={t.title} close={close}>
      <Form submit={() => name.trim() !== '' && act.mutate(saved !== undefined)}>
        {act.error && <Failure error={act.error} title={texts.shell.faces.notDone} />}
        <NameField label={t.name} value={name} change={setName} isFirst />
        <WordsField label={t.description} value={description} change={setDescription} />
        <Group justify="flex-end">
          {saved && (
            <Button variant="default" loading={act.isPending} disabled={name.trim() === ''} onClick={() => act.mutate(false)}>
              {t.asNew}
            </Button>
          )}
          <Button type="submit" loading={act.isPending} disabled={name.trim() === ''}>
            {saved ? t.inPlace : t.save}
          </Button>
        </Group>
      </Form>
    </Dialog>
  )
}
