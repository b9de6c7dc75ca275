import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ConfigError } from '../base/config.ts'
import { openPlaces } from './place.ts'

const folder = mkdtempSync(join(tmpdir(), 'cairn-place-'))
afterAll(() => rmSync(folder, { recursive: true }))
const write = (name: string, bytes: Buffer): string => {
  const file = join(folder, name)
  writeFileSync(file, bytes)
  return file
}

type Value = string | number | { [key: string]: Value }
/** One value of the MaxMind DB format 2.0: texts and maps under 29 entries, 32-bit numbers; enough for countries. */
function encode(value: Value): Buffer {
  if (typeof value === 'string') return Buffer.from([0x40 | value.length, ...Buffer.from(value)])
  if (typeof value === 'number') return Buffer.from([0xc4, value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255])
  const entries = Object.entries(value)
  return Buffer.concat([Buffer.from([0xe0 | entries.length]), ...entries.flatMap(([key, inner]) => [encode(key), encode(inner)])])
}

type Node = [Node | number | undefined, Node | number | undefined]
/** A database of networks given as bits ("0" and "1") from the first bit of the address. */
function database(networks: Record<string, Value>, { type = 'Test-Country', ipVersion = 6 } = {}): Buffer {
  const root: Node = [undefined, undefined]
  const data: Buffer[] = []
  let size = 0
  for (const [bits, value] of Object.entries(networks)) {
    let node = root
    for (const bit of bits.slice(0, -1)) node = (node[Number(bit)] ??= [undefined, undefined]) as Node
    node[Number(bits.at(-1))] = size
    const bytes = encode(value)
    data.push(bytes)
    size += bytes.length
  }
  const nodes: Node[] = []
  const number = (node: Node): void => {
    nodes.push(node)
    for (const side of node) if (Array.isArray(side)) number(side)
  }
  number(root)
  // A record is the number of another node, the count of nodes for "nothing known", or a place in the data behind the tree.
  const record = (side: Node | number | undefined): number =>
    Array.isArray(side) ? nodes.indexOf(side) : side === undefined ? nodes.length : nodes.length + 16 + side
  const tree = nodes.flatMap((node) => node.flatMap((side) => [(record(side) >>> 16) & 255, (record(side) >>> 8) & 255, record(side) & 255]))
  const metadata = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_790_000_000,
    database_type: type,
    ip_version: ipVersion,
    node_count: nodes.length,
    record_size: 24,
  }
  return Buffer.concat([Buffer.from(tree), Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), encode(metadata)])
}

const bitsOf = (...bytes: number[]): string => bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('')
/** IPv4 lives in the first 96 zero bits of an IPv6 tree. */
const ipv4 = (...bytes: number[]): string => '0'.repeat(96) + bitsOf(...bytes)
const whole = database({
  [ipv4(203, 0, 113)]: { country: { iso_code: 'DE' } },
  [ipv4(198, 51, 100)]: { registered_country: { iso_code: 'SE' } },
  [ipv4(192, 0, 2)]: { country: 'Spain', country_code: 'ES' },
  [bitsOf(0x20, 0x01, 0x0d, 0xb8)]: { country: { iso_code: 'FR' } },
})

test('a country is found for IPv4, IPv6 and IPv4 mapped into IPv6', () => {
  const places = openPlaces(write('whole.mmdb', whole))
  const found = ['203.0.113.9', '203.0.113.10', '198.51.100.1', '192.0.2.1', '2001:db8::1', '10.0.0.1', '2001:db9::1', '', 'localhost', '203.0.113'].map((ip) =>
    places.country(ip),
  )
  expect(found).toEqual(['DE', 'DE', 'SE', 'ES', 'FR', '', '', '', '', ''])
})

test('a database of IPv4 alone knows no IPv6', () => {
  const places = openPlaces(write('four.mmdb', database({ [bitsOf(32)]: { country: { iso_code: 'DE' } } }, { ipVersion: 4 })))
  expect([places.country('32.1.13.184'), places.country('2001:db8::1')]).toEqual(['DE', ''])
})

test('without a file every country is unknown', () => {
  expect([openPlaces().country('203.0.113.9'), openPlaces('').country('203.0.113.9')]).toEqual(['', ''])
})

test('a wrong file stops the start and says why', () => {
  expect(() => openPlaces(join(folder, 'absent.mmdb'))).toThrow(/CAIRN_GEOIP_FILE .* cannot be read/)
  expect(() => openPlaces(folder)).toThrow(ConfigError)
  expect(() => openPlaces(write('text.mmdb', Buffer.from('country,code')))).toThrow(/is no MaxMind database/)
  expect(() => openPlaces(write('empty.mmdb', Buffer.alloc(0)))).toThrow(/is no MaxMind database/)
  expect(() => openPlaces(write('cut.mmdb', whole.subarray(0, -40)))).toThrow(/is no MaxMind database/)
  expect(() => openPlaces(write('asn.mmdb', database({ '0': { n: 1 } }, { type: 'GeoLite2-ASN' })))).toThrow(/knows no countries/)
})

test('a damaged record costs the country, not the event', () => {
  const damaged = Buffer.from(whole)
  damaged.fill(0xff, damaged.indexOf('DE') - 14, damaged.indexOf('DE') + 2)
  expect(openPlaces(write('damaged.mmdb', damaged)).country('203.0.113.9')).toBe('')
})
