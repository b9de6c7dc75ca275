import { Button, Group, NativeSelect, Switch } from '@mantine/core'
import { useState } from 'react'
import { texts } from '../../texts/texts.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/faces.tsx'
import { Form } from '../../ui/form.tsx'
import { NameField, WordsField } from '../../ui/words.tsx'
import { useUrl } from '../../url.ts'
import type { Board } from '../board.tsx'
import { usePutBoard } from './put.ts'

const t = texts.boards.settings
const refreshes = ['', '30', '60', '300', '900', '3600'] as const

/** What a board is called, who sees it, and how it begins. */
export function BoardSettings({ board, close }: { board: Board; close: () => void }) {
  const { range, from, to, compare } = useUrl()
  const [name, setName] = useState(board.name)
  const [description, setDescription] = useState(board.description)
  const [isPrivate, setPrivate] = useState(board.visibility === 'private')
  const [refresh, setRefresh] = useState(board.refresh_seconds === null ? '' : String(board.refresh_seconds))
  const [keepsRange, setKeepsRange] = useState(false)
  const put = usePutBoard(board, close)
  const shown = range === 'custom' && from && to ? { from, to } : (range as Board['range'] | undefined)
  const submit = (): void => {
    if (name.trim() === '') return
    put.mutate({
      name: name.trim(),
      description: description.trim(),
      visibility: isPrivate ? 'private' : 'workspace',
      refresh_seconds: refresh === '' ? null : Number(refresh),
      ...(keepsRange && shown ? { range: shown, compare: compare === 'previous' || compare === 'year' ? compare : null } : {}),
    })
  }
  return (
    <Dialog title={t.title} close={close}>
      <Form submit={submit}>
        {put.error && <Failure error={put.error} title={texts.shell.faces.notDone} />}
        <NameField label={t.name} value={name} change={setName} isFirst />
        <WordsField label={t.description} value={description} change={setDescription} />
        <NativeSelect
          label={t.refresh}
          value={refresh}
          data={[...new Set<string>([...refreshes, refresh])].map((value) => ({ value, label: value === '' ? t.never : t.every(Number(value)) }))}
          onChange={({ currentTarget }) => setRefresh(currentTarget.value)}
        />
        <Switch label={t.private} description={t.privateHint} checked={isPrivate} onChange={({ currentTarget }) => setPrivate(currentTarget.checked)} />
        <Switch label={t.keepRange} description={t.keepRangeHint} checked={keepsRange} onChange={({ currentTarget }) => setKeepsRange(currentTarget.checked)} />
        <Group justify="flex-end">
          <Button type="submit" loading={put.isPending} disabled={name.trim() === ''}>
            {t.save}
          </Button>
        </Group>
      </Form>
    </Dialog>
  )
}
