import { raw, sql, type Piece } from '../store/sql.ts'

/**
 * Places that somebody was at, as a row of bits in words of 64: a million people and 30 days are 8 MB, and neighbours are found by shifting.
 */
const WORD = 64

/** Aggregates, one for each word: the places `index` (from 0, less than `places`) of the rows where `of` holds. */
export const bitsOf = (index: Piece, of: Piece, places: number): Piece[] =>
  words(places).map((word) =>
    places <= WORD
      ? sql`groupBitOrIf(bitShiftLeft(toUInt64(1), ${index}), ${of})`
      : sql`groupBitOrIf(bitShiftLeft(toUInt64(1), bitAnd(${index}, ${raw(`${WORD - 1}`)})), ${of} AND intDiv(${index}, ${raw(`${WORD}`)}) = ${raw(`${word}`)})`,
  )

/** Words of a row of so many places. */
const words = (places: number): number[] => Array.from({ length: Math.ceil(places / WORD) }, (_, word) => word)

/** How many places are in them. */
export const bitCount = (columns: readonly string[]): Piece => raw(columns.map((column) => `bitCount(${column})`).join(' + '))

/** Each word of `columns` with its places moved on by one. */
export const shifted = (columns: readonly string[]): string[] =>
  columns.map((column, word) =>
    word === 0 ? `bitShiftLeft(${column}, 1)` : `bitOr(bitShiftLeft(${column}, 1), bitShiftRight(${columns[word - 1]}, ${WORD - 1}))`,
  )

/** Array of the places in them, the least first. */
export const placesIn = (columns: readonly string[]): string =>
  `arrayConcat(${columns.map((column, word) => (word === 0 ? `bitPositionsToArray(${column})` : `arrayMap(at -> at + ${word * WORD}, bitPositionsToArray(${column}))`)).join(', ')})`
