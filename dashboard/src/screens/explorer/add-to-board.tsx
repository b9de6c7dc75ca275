import { Button, Group, NativeSelect } from '@mantine/core'
import type { Question } from '@cairn/wire/questions/question'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { ask } from '../../api/queries.ts'
import type { ChartName } from '../../questions/charts.ts'
import { texts } from '../../texts/texts.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Faces, Failure } from '../../ui/faces.tsx'
import { Form } from '../../ui/form.tsx'
import { said } from '../../ui/notice.ts'
import { NameField } from '../../ui/words.tsx'
import type { Saved } from './save.tsx'

const t = texts.insights.toBoard
const NEW = ''
/** As many as a list of choices is read through. */
const MOST = 200

interface Props {
  question: Question
  chart: ChartName
  /** Shown as it is then, where nothing of it was changed. */
  saved: Saved | undefined
  close: () => void
}

/** Puts what is shown on a dashboard: one that is there, or a new one. */
export function AddToBoard({ question, chart, saved, close }: Props) {
  const { slug: workspace } = useWorkspace()
  const queries = useQueryClient()
  const boards = useQuery(ask('listDashboards', { workspace, query: { limit: MOST } }))
  const [chosen, setChosen] = useState<string>()
  const [name, setName] = useState('')
  const [title, setTitle] = useState(saved?.name ?? texts.insights.kinds[question.kind])
  const id = chosen ?? boards.data?.dashboards[0]?.id ?? NEW
  const act = useMutation({
    mutationFn: async () => {
      const board =
        id === NEW
          ? await call('createDashboard', { workspace, body: { name: name.trim() } })
          : { id, name: boards.data?.dashboards.find((one) => one.id === id)?.name ?? '' }
      const shown = saved ? { type: 'insight' as const, insight_id: saved.id } : { type: 'question' as const, question }
      await call('addWidget', { workspace, params: { id: board.id }, body: { ...shown, chart, title: title.trim(), w: 6, h: 5 } })
      return board
    },
    onSuccess: async (board) => {
      await Promise.all([queries.invalidateQueries({ queryKey: ['listDashboards'] }), queries.invalidateQueries({ queryKey: ['getDashboard'] })])
      said(t.added(board.name))
      close()
    },
  })
  const isReady = title.trim() !== '' && (id !== NEW || name.trim() !== '')
  return (
    <Dialog title={t.title} close={close}>
      <Faces of={boards}>
        {({ dashboards }) => (
          <Form submit={() => isReady && act.mutate()}>
            {act.error && <Failure error={act.error} title={texts.shell.faces.notDone} />}
            <NativeSelect
              label={t.board}
              value={id}
              data={[...dashboards.map((board) => ({ value: board.id, label: board.name })), { value: NEW, label: t.newBoard }]}
              onChange={({ currentTarget }) => setChosen(currentTarget.value)}
            />
            {id === NEW && <NameField label={t.name} value={name} change={setName} />}
            <NameField label={t.widget} value={title} change={setTitle} isFirst />
            <Group justify="flex-end">
              <Button type="submit" loading={act.isPending} disabled={!isReady}>
                {t.add}
              </Button>
            </Group>
          </Form>
        )}
      </Faces>
    </Dialog>
  )
}
