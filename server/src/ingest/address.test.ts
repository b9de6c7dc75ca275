import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigError } from '../base/config.ts'
import { clientAddress, trustedProxies } from './address.ts'

const proxies = trustedProxies(['10.0.0.0/8', '127.0.0.1', '::1', 'fd00::/8'])

test.each([
  ['no proxy: the socket, whatever the header claims', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['no header', '10.0.0.1', undefined, '10.0.0.1'],
  ['an empty header', '10.0.0.1', '', '10.0.0.1'],
  ['one proxy', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['two proxies', '10.0.0.1', '203.0.113.9, 10.0.0.2', '203.0.113.9'],
  ['a forged left end', '10.0.0.1', '1.2.3.4, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
  ['a forged chain of trusted addresses', '10.0.0.1', '10.0.0.7, 10.0.0.6, 203.0.113.9', '203.0.113.9'],
  ['only trusted addresses: the outermost', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ['an IPv4 socket mapped into IPv6', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['the mapped form in hex', '::FFFF:0a00:0001', '::ffff:cb00:7109', '203.0.113.9'],
  ['IPv6 with brackets and port', '::1', '[2001:DB8:0:0::1]:4711', '2001:db8::1'],
  ['IPv6 bare, with a zone', 'fd00::2', 'fe80::1%eth0', 'fe80::1'],
  ['a quoted address', '127.0.0.1', '"[2001:db8::1]"', '2001:db8::1'],
  ['IPv4 with a port', '127.0.0.1', '203.0.113.9:5678', '203.0.113.9'],
  ['a word that is no address ends the walk', '127.0.0.1', '203.0.113.9, unknown, 10.0.0.4', '10.0.0.4'],
  ['empty places', '127.0.0.1', ' , 203.0.113.9, ,', '203.0.113.9'],
  ['a socket that is gone', undefined, '203.0.113.9', ''],
])('%s', (_, socket, header, client) => {
  expect(clientAddress(socket, header, proxies)).toBe(client)
})

test('a header given as several lines is one list', () => {
  expect(clientAddress('10.0.0.1', ['1.2.3.4', '203.0.113.9, 10.0.0.2'], proxies)).toBe('203.0.113.9')
})

test('without trusted proxies nobody is believed', () => {
  expect(clientAddress('127.0.0.1', '203.0.113.9', trustedProxies([]))).toBe('127.0.0.1')
})

test.each(['10.0.0.0/33', 'fd00::/129', '10.0.0/8', 'proxy.local', '10.0.0.0/', '/8', ''])('"%s" among the trusted proxies stops the start', (entry) => {
  expect(() => trustedProxies(['127.0.0.1', entry])).toThrow(ConfigError)
})

test('any header is answered with an address', () => {
  const word = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.constantFrom('10.0.0.1', '[', ']', ':', '%', '"', '::ffff:10.0.0.1'))
  fc.assert(
    fc.property(fc.array(word), (words) => {
      expect(clientAddress('10.0.0.1', words.join(','), proxies)).toMatch(/^[0-9a-f.:]+$/)
    }),
  )
})
