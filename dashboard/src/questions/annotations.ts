import type { AnswerOf } from '@cairn/wire/api'
import type { QuestionKind } from '@cairn/wire/questions/question'
import { useQuery } from '@tanstack/react-query'
import { useWorkspace } from '../account.tsx'
import { ask } from '../api/queries.ts'
import type { Note } from '../charts/plot.tsx'
import { dayOf } from '../range/range.ts'
import { useRange } from '../range/use-range.ts'
import { isCalendarDay } from '../ui/format.ts'
import type { ChartName } from './charts.ts'

export type Annotation = AnswerOf<'listAnnotations'>['annotations'][number]
const NONE: readonly Annotation[] = []
/** More of them than a chart has room for. */
const MOST = 100
const overTime: readonly ChartName[] = ['line', 'area', 'bar', 'stacked_bar']

/** Whether a chart has time below it. */
export const isOverTime = (kind: QuestionKind, chart: ChartName): boolean => (kind === 'trends' || kind === 'lifecycle') && overTime.includes(chart)

/** What happened in the range of the address; asked for where it is shown. */
export function useAnnotations(isShown: boolean): readonly Annotation[] {
  const { slug } = useWorkspace()
  const { asked } = useRange()
  const found = useQuery({ ...ask('listAnnotations', { workspace: slug, query: { from: asked.from, to: asked.to, limit: MOST } }), enabled: isShown })
  return isShown ? (found.data?.annotations ?? NONE) : NONE
}

/** Where annotations stand among the columns of an answer; those that begin before it, where it begins. */
export function notesOf(annotations: readonly Annotation[], columns: readonly string[], timezone: string): Note[] {
  const columnAt = (moment: string): number => {
    const day = dayOf(Date.parse(moment), timezone)
    return columns.findLastIndex((column) => (isCalendarDay(column) ? column <= day : Date.parse(column) <= Date.parse(moment)))
  }
  return annotations.map(({ id, name, at, until }) => {
    const from = Math.max(0, columnAt(at))
    return { key: id, name, from, to: until === null ? from : Math.max(from, columnAt(until)) }
  })
}
