import { Button, Group, NativeSelect } from '@mantine/core'
import type { BodyOf } from '@cairn/wire/api'
import type { QuestionKind } from '@cairn/wire/questions/question'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { askedFor, chartOf, chartsOf, type ChartName } from '../../questions/charts.ts'
import { texts } from '../../texts/texts.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/faces.tsx'
import { Form } from '../../ui/form.tsx'
import { NameField, WordsField } from '../../ui/words.tsx'
import type { Board } from '../board.tsx'

const t = texts.boards.change
type Widget = Board['widgets'][number]

interface Props {
  board: Board
  /** None: words are put on the board. */
  widget?: Widget
  /** Of what it asks: says how it can be shown. */
  kind?: QuestionKind
  close: () => void
}

/** What a widget is called, how it is shown, and the words of one that holds words. */
export function EditWidget({ board, widget, kind, close }: Props) {
  const { slug: workspace } = useWorkspace()
  const queries = useQueryClient()
  const [title, setTitle] = useState(widget?.title ?? '')
  const [chart, setChart] = useState(kind && chartOf(kind, widget?.chart))
  const [text, setText] = useState(widget?.text ?? '')
  const isText = (widget?.type ?? 'text') === 'text'
  const act = useMutation({
    mutationFn: () => {
      const shown = isText
        ? { type: 'text' as const, title: title.trim(), text }
        : { ...saidOf(widget, chart), title: title.trim(), ...(chart ? { chart } : {}) }
      return widget
        ? call('putWidget', { workspace, params: { id: board.id, widget_id: widget.id }, body: { ...shown, version: widget.version } as BodyOf<'putWidget'> })
        : call('addWidget', { workspace, params: { id: board.id }, body: { ...shown, w: 4, h: 2 } as BodyOf<'addWidget'> })
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['getDashboard'] })
      close()
    },
  })
  const isReady = !isText || text.trim() !== ''
  return (
    <Dialog title={widget ? t.title : t.addText} close={close}>
      <Form submit={() => isReady && act.mutate()}>
        {act.error && <Failure error={act.error} title={texts.shell.faces.notDone} />}
        <NameField label={t.name} value={title} change={setTitle} isFirst />
        {kind && chartsOf[kind].length > 1 && (
          <NativeSelect
            label={texts.insights.explorer.chart}
            value={chart}
            data={chartsOf[kind].map((value) => ({ value, label: texts.insights.charts[value] }))}
            onChange={({ currentTarget }) => setChart(chartOf(kind, currentTarget.value))}
          />
        )}
        {isText && <WordsField label={t.text} value={text} change={setText} maxLength={10_000} minRows={4} />}
        <Group justify="flex-end">
          <Button type="submit" loading={act.isPending} disabled={!isReady}>
            {widget ? t.save : t.add}
          </Button>
        </Group>
      </Form>
    </Dialog>
  )
}

/** What it shows stays. */
const saidOf = (widget: Widget | undefined, chart: ChartName | undefined) => ({
  type: widget?.type,
  ...(widget?.insight_id === undefined ? {} : { insight_id: widget.insight_id }),
  ...(widget?.question === undefined ? {} : { question: chart ? askedFor(widget.question, chart) : widget.question }),
})
