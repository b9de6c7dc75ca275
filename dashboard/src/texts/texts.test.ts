import { expect, test } from 'vitest'
import { texts as de } from './de/index.ts'
import { texts as en } from './en/index.ts'
import { texts as es } from './es/index.ts'
import type { Texts } from './texts.ts'

type Line = string | ((...given: string[]) => string)

/** Every text by its place: shell.nav.live … */
function lines(of: object, place = ''): Map<string, Line> {
  return new Map(
    Object.entries(of).flatMap(([name, value]: [string, Line | object]) =>
      typeof value === 'object' ? [...lines(value, `${place}${name}.`)] : [[`${place}${name}`, value] as const],
    ),
  )
}

/** Which of what a text is given is in it. */
const givenIn = (line: Line): number[] => {
  if (typeof line === 'string') return []
  const given = Array.from({ length: line.length }, (_, i) => String(7_919 + i))
  const said = line(...given)
  return given.flatMap((value, i) => (said.includes(value) ? [i] : []))
}

test.each<[string, Texts]>([
  ['German', de],
  ['Spanish', es],
])('each text in %s says something, and names what the English one names', (_, texts) => {
  const translated = lines(texts)
  const wrong = [...lines(en)].filter(([place, english]) => {
    const line = translated.get(place)
    return line === undefined || line === '' || givenIn(line).join() !== givenIn(english).join()
  })
  expect(wrong.map(([place]) => place)).toEqual([])
  expect(translated.size).toBe(lines(en).size)
})
