import { Button, Group, Stack, Text } from '@mantine/core'
import type { Filter } from '@cairn/wire/questions/question'
import { useState } from 'react'
import { useWorkspace } from '../../account.tsx'
import { wholeFilters } from '../../questions/question.ts'
import { texts } from '../../texts/texts.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/faces.tsx'
import { useSetUrl } from '../../url.ts'
import type { Board } from '../board.tsx'
import { Filters } from '../explorer/filters.tsx'
import { usePutBoard } from './put.ts'

const t = texts.boards.filters

/** Filters of every widget of a board: for now, in the address; or for everybody, kept with the board. */
export function BoardFilters({ board, filters, close }: { board: Board; filters: readonly Filter[]; close: () => void }) {
  const { may } = useWorkspace()
  const setUrl = useSetUrl()
  const [chosen, setChosen] = useState<Filter[]>([...filters])
  const put = usePutBoard(board, () => (setUrl({ filters: undefined }), close()))
  const whole = wholeFilters(chosen) ?? []
  return (
    <Dialog title={t.title} close={close} wide>
      <Stack gap="md">
        {put.error && <Failure error={put.error} title={texts.shell.faces.notDone} />}
        <Text size="sm" c="dimmed">
          {t.lead}
        </Text>
        <Filters filters={chosen} steps={[]} of={t.board} change={setChosen} />
        <Group justify="flex-end">
          {may('analyst') && (
            <Button variant="default" loading={put.isPending} onClick={() => put.mutate({ filters: whole })}>
              {t.keep}
            </Button>
          )}
          <Button onClick={() => (setUrl({ filters: JSON.stringify(whole) }), close())}>{t.apply}</Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
