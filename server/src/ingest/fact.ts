import { kinds, unescapeField } from './record.ts'

/** Who is named by a fact about people, as it stands in the journal. Ids that a fact does not name are ''. */
export interface Named {
  workspaceId: number
  receivedMs: number
  userId: string
  anonymousId: string
  otherId: string
}

/** The facts among the lines of a segment. */
export const factsOf = (bytes: Buffer, lines: ReadonlyArray<readonly [start: number, end: number]>): Named[] =>
  lines.flatMap(([start, end]) => {
    const [, kind, workspaceId, receivedMs, , , , , data = ''] = bytes.toString('utf8', start, end - 1).split('\t')
    if (kind !== kinds.fact) return []
    const { user_id, anonymous_id, other_id } = JSON.parse(unescapeField(data)) as { user_id: string; anonymous_id: string; other_id: string }
    return [{ workspaceId: Number(workspaceId), receivedMs: Number(receivedMs), userId: user_id, anonymousId: anonymous_id, otherId: other_id }]
  })
