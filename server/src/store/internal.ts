import type { Dialect } from './dialect.ts'
import { userKey } from './keys.ts'
import type { Persons } from './persons.ts'
import { join, list, raw, sql, u32, type Piece } from './sql.ts'

/** People whose traffic is internal, whenever it was. */
export interface InternalPeople {
  userIds: readonly string[]
  /** In lower case. */
  emailDomains: ReadonlySet<string>
}

/**
 * Which rows are internal and test traffic: those marked as they came in, and those of people whom the workspace names, by an id of theirs or by the
 * domain of their e-mail address. The one definition: every figure that leaves them out takes it from here.
 */
export class Internal {
  readonly #dialect: Dialect
  readonly #persons: Persons
  readonly #peopleOf: (workspaceId: number) => InternalPeople | undefined

  constructor(dialect: Dialect, persons: Persons, peopleOf: (workspaceId: number) => InternalPeople | undefined) {
    this.#dialect = dialect
    this.#persons = persons
    this.#peopleOf = peopleOf
  }

  /** Condition: of rows of `events`. */
  of(workspaceId: number): Piece {
    const { userIds = [], emailDomains = new Set<string>() } = this.#peopleOf(workspaceId) ?? {}
    const named =
      userIds.length > 0 ? [sql`SELECT ${this.#persons.rootOf(workspaceId, sql`arrayJoin([${join(userIds.map((id) => userKey(workspaceId, id)))}])`)}`] : []
    const ofDomain = emailDomains.size > 0 ? [this.#withAddressIn(workspaceId, [...emailDomains])] : []
    const people = [...named, ...ofDomain]
    if (people.length === 0) return raw('is_internal')
    return sql`(is_internal OR ${this.#persons.column(workspaceId)} IN (${join(people, ' UNION ALL ')}))`
  }

  /** Query: those whose id is such an address, or whose trait `email` is now. */
  #withAddressIn(workspaceId: number, domains: readonly string[]): Piece {
    const isOf = (address: Piece): Piece =>
      sql`(position(${address}, '@') > 0 AND lowerUTF8(arrayElement(splitByChar('@', ${address}), -1)) IN ${list(domains)})`
    const email = raw("argMaxIf(JSONExtractString(traits, 'email'), (told_at, received_at, fact_id), JSONHas(traits, 'email'))")
    return sql`SELECT ${this.#persons.rootOf(workspaceId, sql`cityHash64(workspace_id, 'u', user_id)`)}
FROM ${raw(this.#dialect.database)}.person_facts WHERE workspace_id = ${u32(workspaceId)} AND fact = 'identify' GROUP BY workspace_id, user_id
HAVING ${isOf(raw('user_id'))} OR ${isOf(email)}`
  }
}
