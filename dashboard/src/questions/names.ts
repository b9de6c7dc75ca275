import type { Step } from '@cairn/wire/questions/question'
import type { Count, Measure } from '@cairn/wire/questions/vocabulary'
import { texts } from '../texts/texts.ts'

const t = texts.insights

const { counts, measures } = texts.vocabulary
const columns: Readonly<Record<string, string>> = texts.vocabulary.columns
const ofSession: Readonly<Record<string, string>> = texts.vocabulary.ofSession

/** What a field is called: columns by their words, properties by their path. */
export function fieldName(field: string): string {
  const column = columns[field]
  if (column) return column
  if (field.startsWith('session.')) return t.fields.ofSession(ofSession[field.slice('session.'.length)] ?? field)
  return field
}

export const stepName = ({ label, event, category }: Step): string =>
  label || event || (category === undefined ? t.builder.anyEvent : t.builder.ofCategory(category))

/** `sum:duration_ms` as its measure and its field. */
export function readMath(math = 'total'): { count: Count } | { measure: Measure; field: string } {
  const at = math.indexOf(':')
  return at === -1 ? { count: math as Count } : { measure: math.slice(0, at) as Measure, field: math.slice(at + 1) }
}

export function mathName(math: string | undefined): string {
  const read = readMath(math)
  return 'count' in read ? counts[read.count] : `${measures[read.measure]} ${fieldName(read.field)}`
}
