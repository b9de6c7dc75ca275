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

const t = texts.insights

/** Questions that were saved, and the way to a new one. */
export function Insights() {
  const { slug } = useWorkspace()
  const { search } = useUrl()
  const saved = useInfiniteQuery(askPages('listInsights', { workspace: slug, query: { ...(search ? { search } : {}), limit: 50 } }))
  return (
    <SavedList
      title={t.list.title}
      lead={t.list.lead}
      make={<Button renderRoot={(props) => <Link {...props} to={`/w/${slug}/insights/new`} />}>{t.list.new}</Button>}
      empty={{ title: t.list.empty, text: t.list.emptyText }}
      nothing={t.list.nothing}
      saved={saved}
      rowsOf={({ insights }) => insights}
      hrefOf={({ id }) => `/w/${slug}/insights/${id}`}
      told={told}
      endpoint="deleteInsight"
      list="listInsights"
      removeText={t.list.removeText}
    />
  )
}

const told: Field<AnswerOf<'listInsights'>['insights'][number]> = {
  head: t.list.kind,
  cell: ({ question }) => (
    <Badge color="gray" miw="max-content">
      {t.kinds[question.kind]}
    </Badge>
  ),
}
