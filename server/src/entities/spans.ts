import type { Call } from '../http/call.ts'
import { empty, raw, sql, str, type Piece } from '../store/sql.ts'
import type { EntityDeps } from './deps.ts'
import { ofType, table } from './engagement.ts'
import { typeOf } from './names.ts'

interface SpanRow {
  by: string
  /** '1' for the row of all. */
  whole: string
  count: string
  median: number | null
  p90: number | null
  mean: number | null
}

const seconds = (value: number | null): number | null => (value === null ? null : Math.round(value * 1_000) / 1_000)

/** An attribute that is a time, as DateTime64; null where it is none. */
const moment = (field: string): Piece => {
  const text = sql`JSONExtractString(attributes, ${str(field)})`
  const number = sql`JSONExtractInt(attributes, ${str(field)})`
  return sql`if(JSONType(attributes, ${str(field)}) IN ('Int64', 'UInt64'), fromUnixTimestamp64Milli(${number}, 'UTC'), parseDateTime64BestEffortOrNull(${text}, 3, 'UTC'))`
}

/**
 * How long from one attribute to another, in seconds. Median and 90th percentile interpolate between neighbours (R's type 7); entities that
 * lack one of the two, or whose end lies before their start, are left out.
 */
export async function durations({ store }: EntityDeps, { workspace, params, query }: Call<'durations'>): Promise<object> {
  const { from, to, by } = query
  const group =
    by === undefined
      ? raw(`''`)
      : sql`if(JSONType(attributes, ${str(by)}) = 'String', JSONExtractString(attributes, ${str(by)}), JSONExtractRaw(attributes, ${str(by)}))`
  const { rows } =
    await store.query<SpanRow>(sql`SELECT by, grouping(by) AS whole, count() AS count, quantileExactInclusive(0.5)(took) AS median, quantileExactInclusive(0.9)(took) AS p90, avg(took) AS mean
FROM (SELECT ${group} AS by, dateDiff('millisecond', ${moment(from)}, ${moment(to)}) / 1000 AS took
  FROM ${table(store, 'entities')} FINAL WHERE ${ofType({ workspaceId: workspace.id, entityType: typeOf(params) })} AND deleted = 0)
WHERE took >= 0
GROUP BY GROUPING SETS ((), (by))
ORDER BY whole DESC, count DESC, by`)
  const show = (row: SpanRow | undefined, name: string | null): object => ({
    group: name,
    count: Number(row?.count ?? 0),
    median_seconds: seconds(row?.median ?? null),
    p90_seconds: seconds(row?.p90 ?? null),
    mean_seconds: seconds(row?.mean ?? null),
  })
  const groups = by === undefined ? [] : rows.filter((row) => row.whole === '0')
  return {
    total: show(
      rows.find((row) => row.whole === '1'),
      null,
    ),
    groups: groups.map((row) => show(row, row.by || null)),
  }
}

/** Which value of an attribute followed which, in the order of their times; the time from one to the next. `repeats`: also where it stayed the same. */
export async function transitions({ store }: EntityDeps, { workspace, params, query }: Call<'transitions'>): Promise<object> {
  const field = query.field ?? 'status'
  const { rows } = await store.query<{
    before: string
    after: string
    count: string
    median: number
  }>(sql`SELECT before, after, count() AS count, quantileExactInclusive(0.5)(took) AS median
FROM (
  SELECT entity_id, arraySort(groupArray((at, version, place, value))) AS said,
    ${query.repeats === true ? raw('said') : raw('arrayFilter((s, i) -> i = 1 OR s.4 != said[i - 1].4, said, arrayEnumerate(said))')} AS steps,
    arrayJoin(arrayZip(arrayPopBack(steps), arrayPopFront(steps))) AS step,
    step.1.4 AS before, step.2.4 AS after, dateDiff('millisecond', step.1.1, step.2.1) / 1000 AS took
  FROM ${table(store, 'entity_changes')} FINAL
  WHERE ${ofType({ workspaceId: workspace.id, entityType: typeOf(params) })} AND field = ${str(field)}${query.entity_id === undefined ? empty : sql` AND entity_id = ${str(query.entity_id)}`}
  GROUP BY entity_id)
GROUP BY before, after
ORDER BY count DESC, before, after`)
  const plain = (json: string): string => {
    const value: unknown = json === '' ? '' : JSON.parse(json)
    return typeof value === 'string' ? value : json
  }
  return {
    field,
    transitions: rows.map(({ before, after, count, median }) => ({
      from: plain(before),
      to: plain(after),
      count: Number(count),
      median_seconds: seconds(median) ?? 0,
    })),
  }
}
