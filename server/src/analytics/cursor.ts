import { CairnError } from '../base/errors.ts'
import { isUuid } from '../base/ids.ts'

/**
 * Where a page ended: a time in milliseconds, and what tells rows of that time apart. Opaque to callers; whatever they send instead is
 * refused. Pages do not shift when rows are added above them.
 */
export interface Cursor {
  ms: number
  key: string
}

export const writeCursor = ({ ms, key }: Cursor): string => Buffer.from(`${ms}.${key}`).toString('base64url')

export function readCursor(text: string | undefined, kind: 'uuid' | 'number'): Cursor | undefined {
  if (text === undefined) return undefined
  const [, ms = '', key = ''] = /^(-?\d{1,15})\.([0-9a-f-]{1,36})$/i.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? []
  if (ms !== '' && (kind === 'uuid' ? isUuid(key) : /^\d{1,20}$/.test(key) && BigInt(key) < 2n ** 64n)) return { ms: Number(ms), key }
  throw new CairnError('invalid', 'The cursor is not one that Cairn gave.', {
    errors: [{ path: '/cursor', message: 'must be next_cursor of the page before' }],
  })
}
