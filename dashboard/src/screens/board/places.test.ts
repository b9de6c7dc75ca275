import { expect, test } from 'vitest'
import { arranged, type Place } from './places.ts'

const at = (id: string, x: number, y: number, w: number, h: number): Place => ({ id, x, y, w, h })

test('what a widget is put upon makes way downwards, and what has room above it moves up', () => {
  const places = [at('a', 0, 0, 6, 2), at('b', 6, 0, 6, 2), at('c', 0, 2, 12, 3)]
  expect(arranged(places, at('c', 0, 0, 12, 3))).toEqual([at('c', 0, 0, 12, 3), at('a', 0, 3, 6, 2), at('b', 6, 3, 6, 2)])
  expect(arranged(places, at('a', 6, 0, 6, 2))).toEqual([at('a', 6, 0, 6, 2), at('b', 6, 2, 6, 2), at('c', 0, 4, 12, 3)])
  expect(arranged(places, at('b', 6, 9, 6, 2))).toEqual([at('a', 0, 0, 6, 2), at('c', 0, 2, 12, 3), at('b', 6, 5, 6, 2)])
})

test('no widget leaves the grid, or becomes smaller than one cell', () => {
  expect(arranged([], at('a', 9, -4, 6, 0))).toEqual([at('a', 6, 0, 6, 1)])
  expect(arranged([], at('a', -3, 0, 40, 500))).toEqual([at('a', 0, 0, 12, 100)])
})
