import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { trustedProxies } from './address.ts'
import { clientReader } from './client.ts'

const requestFrom = (remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage => {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress })
  return Object.assign(new IncomingMessage(socket), { headers })
}
const read = clientReader(trustedProxies(['10.0.0.0/8']), undefined)

test.each([
  ['203.0.113.7', '203.0.113.7', '203.0.113.0/24'],
  ['::ffff:203.0.113.7', '203.0.113.7', '203.0.113.0/24'],
  ['2001:db8:a:b:c:d:e:f', '2001:db8:a:b::', '2001:db8:a::/48'],
  ['2001:db8::1', '2001:db8:0:0::', '2001:db8:0::/48'],
  ['::1', '0:0:0:0::', '0:0:0::/48'],
  ['', '', ''],
])('of %s limits know %j and the log of changes %j', (remote, address, network) => {
  expect(read(requestFrom(remote))).toEqual({ address, network, browser: '', secure: false })
})

test('who is behind a trusted proxy, and whether they came over TLS, is what that proxy says; nobody else is believed', () => {
  const said = { 'x-forwarded-for': '198.51.100.9', 'x-forwarded-proto': 'https' }
  expect(read(requestFrom('10.1.2.3', said))).toMatchObject({ address: '198.51.100.9', secure: true })
  expect(read(requestFrom('10.1.2.3', { ...said, 'x-forwarded-proto': 'http' }))).toMatchObject({ secure: false })
  expect(read(requestFrom('203.0.113.7', said))).toMatchObject({ address: '203.0.113.7', secure: false })
  expect(clientReader(trustedProxies([]), 'https://cairn.example')(requestFrom('203.0.113.7'))).toMatchObject({ secure: true })
})
