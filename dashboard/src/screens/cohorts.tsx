import { Badge, Button } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useWorkspace } from '../account.tsx'
import { askPages } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import type { Field } from '../ui/records.tsx'
import { useUrl } from '../url.ts'
import { SavedList } from './saved/list.tsx'

const t = texts.boards.cohorts

/** Saved groups of people, and the way to a new one. */
export function Cohorts() {
  const { slug, may } = useWorkspace()
  const { search } = useUrl()
  const saved = useInfiniteQuery(askPages('listCohorts', { workspace: slug, query: { ...(search ? { search } : {}), limit: 50 } }))
  return (
    <SavedList
      title={t.title}
      lead={t.lead}
      make={may('analyst') && <Button renderRoot={(props) => <Link {...props} to={`/w/${slug}/cohorts/new`} />}>{t.new}</Button>}
      empty={{ title: t.empty, text: t.emptyText }}
      nothing={t.nothing}
      saved={saved}
      rowsOf={({ cohorts }) => cohorts}
      hrefOf={({ id }) => `/w/${slug}/cohorts/${id}`}
      told={told}
      endpoint="deleteCohort"
      list="listCohorts"
      removeText={t.removeText}
    />
  )
}

const told: Field<AnswerOf<'listCohorts'>['cohorts'][number]> = { head: t.type, cell: ({ type }) => <Badge color="gray">{t.types[type]}</Badge> }
