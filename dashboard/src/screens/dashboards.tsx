import { Badge, Button } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { useInfiniteQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { useWorkspace } from '../account.tsx'
import { askPages } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import type { Field } from '../ui/records.tsx'
import { useSetUrl, useUrl } from '../url.ts'
import { SavedList } from './saved/list.tsx'

const t = texts.boards.list
const NewBoard = lazy(() => import('./dashboards/new-board.tsx').then(({ NewBoard }) => ({ default: NewBoard })))

/** The dashboards of a workspace, and the way to a new one. */
export function Dashboards() {
  const { slug, may } = useWorkspace()
  const { search, new: isNew } = useUrl()
  const setUrl = useSetUrl()
  const saved = useInfiniteQuery(askPages('listDashboards', { workspace: slug, query: { ...(search ? { search } : {}), limit: 50 } }))
  return (
    <SavedList
      title={t.title}
      lead={t.lead}
      make={may('analyst') && <Button onClick={() => setUrl({ new: '1' })}>{t.new}</Button>}
      empty={{ title: t.empty, text: may('analyst') ? t.emptyText : t.emptyViewer }}
      nothing={t.nothing}
      saved={saved}
      rowsOf={({ dashboards }) => dashboards}
      hrefOf={({ id }) => `/w/${slug}/dashboards/${id}`}
      told={told}
      endpoint="deleteDashboard"
      list="listDashboards"
      removeText={t.removeText}
    >
      <Suspense>{isNew && may('analyst') && <NewBoard close={() => setUrl({ new: undefined })} />}</Suspense>
    </SavedList>
  )
}

const told: Field<AnswerOf<'listDashboards'>['dashboards'][number]> = {
  head: t.seenBy,
  cell: ({ visibility }) => <Badge color="gray">{t.visibility[visibility]}</Badge>,
}
