import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hasLoneSurrogate, isLarge, jsonWithLargeNumbers, plainText, wellFormed } from './json.ts'

test('a whole number beyond 64 bits is written with an exponent, and is the same number', () => {
  expect(jsonWithLargeNumbers({ a: 2 ** 64, b: [-(2 ** 63), { c: 1e20 }], d: 2 ** 53, e: 1.5, f: -0 })).toBe(
    '{"a":1.8446744073709552e+19,"b":[-9.223372036854776e+18,{"c":1e+20}],"d":9007199254740992,"e":1.5,"f":0}',
  )
  expect([2 ** 63, -(2 ** 63), 1e300].map(isLarge)).toEqual([true, true, true])
  expect([2 ** 63 - 1_024, Number.POSITIVE_INFINITY, 0].map(isLarge)).toEqual([false, false, false])
})

test('any object has the same value in this writing as in that of JSON.stringify', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      expect(JSON.parse(jsonWithLargeNumbers(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('half of a surrogate pair becomes U+FFFD, in keys too, and whole pairs stay', () => {
  const value = { 'k\udc00': 'a\ud800', pair: '😀', list: ['\ud800\ud800', 1, null] }
  expect(hasLoneSurrogate(JSON.stringify(value))).toBe(true)
  expect(wellFormed(value)).toEqual({ 'k\ufffd': 'a\ufffd', pair: '😀', list: ['\ufffd\ufffd', 1, null] })
  expect(hasLoneSurrogate(JSON.stringify(wellFormed(value)))).toBe(false)
})

test('a text without NUL and half pairs stays as it is', () => {
  expect(plainText('ä😀\t')).toBe('ä😀\t')
  expect(plainText('a\0b\ud800')).toBe('a\ufffdb\ufffd')
})
