import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useWorkspace } from '../account.tsx'
import { ask } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import { Faces, Waiting } from '../ui/faces.tsx'
import { Screen } from '../ui/screen.tsx'
import { useSetUrl, useUrl } from '../url.ts'
import { rangeInUrl } from './board/range-of.ts'
import { Explorer } from './explorer.tsx'
import type { Saved } from './explorer/save.tsx'

/** A question that was saved, in the explorer. */
export function SavedInsight() {
  const { slug } = useWorkspace()
  const { insight: id } = useParams({ strict: false }) as { insight: string }
  const insight = useQuery(ask('getInsight', { workspace: slug, params: { id } }))
  if (insight.data?.id === id) return <Opened insight={insight.data} />
  return (
    <Screen title={texts.insights.list.title}>
      <Faces of={{ ...insight, data: undefined }} waiting={<Waiting rows={3} height={140} />}>
        {() => null}
      </Faces>
    </Screen>
  )
}

function Opened({ insight }: { insight: Saved }) {
  const { range } = useUrl()
  const setUrl = useSetUrl()
  const { question } = insight
  const span = question.range ?? (question.from !== undefined && question.to !== undefined ? { from: question.from, to: question.to } : null)
  const own = JSON.stringify(rangeInUrl(span, question.kind === 'trends' ? (question.compare ?? null) : null))
  useEffect(() => {
    if (range === undefined && own !== '{}') setUrl(JSON.parse(own) as Record<string, string>, { replace: true })
    // The address is followed only where it says no range.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [range, own])
  return <Explorer saved={insight} />
}
