import { iso } from '../../base/time.ts'
import { formatOf, openRows } from '../import/rows.ts'
import { timeReader } from '../import/time-format.ts'
import type { Api } from '../reach/api.ts'

/** Items of one request, and how many of these at a time: each waits for the catalog. */
const ITEMS = 1_000
const MISSING = '?'

interface Row {
  order: number
  at: number
  fields: Readonly<Record<string, unknown>>
}

/**
 * Tells every row of the log of incidents as what was said of a task at its time: state, assignee, and when it was opened, resolved and closed.
 * Rows of a case go in the order of its counter; of five cases that order contradicts the times, so a row is never told as earlier than the one
 * before it.
 */
export async function tellIncidents(api: Api, file: string): Promise<void> {
  const readTime = timeReader('D/M/YYYY H:MM', 'UTC')
  const moment = (value: unknown): number | undefined => {
    const at = readTime(value)
    return typeof at === 'number' ? at : undefined
  }
  const cases = new Map<string, Row[]>()
  const { rows } = await openRows({ file, format: formatOf(file), delimiter: null })
  for await (const { fields } of rows) {
    const name = String(fields['number'])
    const row: Row = { order: Number(fields['sys_mod_count']), at: moment(fields['sys_updated_at']) ?? 0, fields }
    const known = cases.get(name)
    if (known) known.push(row)
    else cases.set(name, [row])
  }
  let items: object[] = []
  const send = async (): Promise<void> => {
    if (items.length > 0) await api.send('POST', '/api/entities/batch', { body: { entities: items } })
    items = []
  }
  const time = (value: unknown): string | null => {
    const at = moment(value)
    return at === undefined ? null : iso(at)
  }
  for (const [name, log] of cases) {
    let at = 0
    const told = log
      .toSorted((a, b) => a.order - b.order)
      .map((row) => {
        at = Math.max(at, row.at)
        const { fields } = row
        return {
          entity_type: 'task',
          entity_id: name,
          merge: true,
          occurred_at: at,
          attributes: {
            status: fields['incident_state'],
            priority: fields['priority'],
            made_sla: fields['made_sla'],
            group: fields['assignment_group'] === MISSING ? null : fields['assignment_group'],
            opened_at: time(fields['opened_at']),
            resolved_at: time(fields['resolved_at']),
            closed_at: time(fields['closed_at']),
          },
          assignees: fields['assigned_to'] === MISSING ? [] : [String(fields['assigned_to'])],
        }
      })
    // Rows of a case go into one request: its order among those of one time is that of the request.
    if (items.length + told.length > ITEMS) await send()
    items.push(...told)
  }
  await send()
}
