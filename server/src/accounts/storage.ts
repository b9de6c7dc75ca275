import { hash } from 'node:crypto'
import { createAdapterFactory, type CleanedWhere } from 'better-auth/adapters'
import type { ExpressionBuilder, ExpressionWrapper, Kysely, SqlBool } from 'kysely'
import type { CatalogDb } from '../catalog/schema.ts'

/**
 * better-auth on the catalog's tables. Its own adapter writes other types for SQLite than for Postgres, and session tokens as they are; here
 * times are whole milliseconds and flags 0 or 1 in both, and of a session's token only the SHA-256 is stored: who reads the catalog, or a
 * backup of it, is not signed in by that. better-auth never sees the digest: a row is answered with the token it was asked for.
 */
export const catalogStorage = (catalog: CatalogDb) => {
  // better-auth names tables and columns at run time; that they exist is proven by the tests on both databases.
  const db = catalog as unknown as Kysely<Record<string, Row>>
  return createAdapterFactory({
    config: {
      adapterId: 'cairn-catalog',
      supportsBooleans: false,
      supportsDates: true,
      supportsJSON: false,
      transaction: false,
      customTransformInput: ({ data }) => (data instanceof Date ? data.getTime() : (data as unknown)),
      customTransformOutput: ({ data, fieldAttributes }) => (fieldAttributes.type === 'date' && typeof data === 'number' ? new Date(data) : (data as unknown)),
    },
    adapter: () => ({
      create: async ({ model, data }) => withToken(data, await db.insertInto(model).values(digested(data)).returningAll().executeTakeFirst()) as typeof data,
      findOne: async <T>({ model, where }: { model: string; where: CleanedWhere[] }) =>
        asAsked<T>(where, await db.selectFrom(model).selectAll().where(matching(where)).limit(1).executeTakeFirst()),
      findMany: async <T>({ model, where = [], limit, sortBy, offset = 0 }: FindMany) => {
        let query = db.selectFrom(model).selectAll().where(matching(where)).limit(limit).offset(offset)
        if (sortBy) query = query.orderBy(sortBy.field, sortBy.direction)
        return (await query.execute()) as T[]
      },
      update: async <T>({ model, where, update }: { model: string; where: CleanedWhere[]; update: T }) =>
        asAsked<T>(
          where,
          await db
            .updateTable(model)
            .set(digested(update as Row))
            .where(matching(where))
            .returningAll()
            .executeTakeFirst(),
        ),
      updateMany: async ({ model, where, update }) =>
        Number((await db.updateTable(model).set(digested(update)).where(matching(where)).executeTakeFirst()).numUpdatedRows),
      delete: async ({ model, where }) => void (await db.deleteFrom(model).where(matching(where)).execute()),
      deleteMany: async ({ model, where }) => Number((await db.deleteFrom(model).where(matching(where)).executeTakeFirst()).numDeletedRows),
      count: async ({ model, where = [] }) =>
        (
          await db
            .selectFrom(model)
            .select(({ fn }) => fn.countAll<number>().as('rows'))
            .where(matching(where))
            .executeTakeFirstOrThrow()
        ).rows,
    }),
  })
}

/** What the catalog keeps of a session's token. */
const digestOf = (token: string): string => hash('sha256', token, 'hex')

type Row = Record<string, unknown>
interface FindMany {
  model: string
  where?: CleanedWhere[]
  limit: number
  sortBy?: { field: string; direction: 'asc' | 'desc' }
  offset?: number
}

const digested = (row: Row): Row => (typeof row['token'] === 'string' ? { ...row, token: digestOf(row['token']) } : row)
const withToken = (asked: Row, row: Row | undefined): Row | undefined => (row && 'token' in asked ? { ...row, token: asked['token'] } : row)
const asAsked = <T>(where: readonly CleanedWhere[], row: Row | undefined): T | null =>
  (withToken(Object.fromEntries(where.map(({ field, value }) => [field, value])), row) ?? null) as T | null

const operators = { eq: '=', ne: '!=', lt: '<', lte: '<=', gt: '>', gte: '>=', in: 'in' } as const

/** Conditions as better-auth's own features in use here ask them; another one is a mistake to be found early. */
const matching =
  (where: readonly CleanedWhere[]) =>
  (row: ExpressionBuilder<Record<string, Row>, string>): ExpressionWrapper<Record<string, Row>, string, SqlBool> =>
    row.and(
      where.map(({ field, value, operator, connector }) => {
        const sign = operators[operator as keyof typeof operators]
        if (sign === undefined || connector !== 'AND') throw new Error(`better-auth asked for ${operator} ${connector}, which storage.ts does not know`)
        const compared = field === 'token' && typeof value === 'string' ? digestOf(value) : value
        return compared === null ? row(field, sign === '=' ? 'is' : 'is not', null) : row(field, sign, compared)
      }),
    )
