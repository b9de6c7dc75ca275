import { BlockList, SocketAddress, isIP, isIPv4 } from 'node:net'

/** Networks by addresses and CIDR ranges, IPv4 or IPv6; or the first entry that is neither. */
export function networksOf(entries: readonly string[]): { list: BlockList; wrong?: undefined } | { list?: undefined; wrong: string } {
  const list = new BlockList()
  for (const entry of entries) {
    const slash = entry.indexOf('/')
    const address = canonical(slash < 0 ? entry : entry.slice(0, slash))
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    const bits = slash < 0 ? undefined : entry.slice(slash + 1)
    if (address === '' || (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > (family === 'ipv4' ? 32 : 128)))) return { wrong: entry }
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return { list }
}

/** Of an address in its canonical spelling; '' is in none. */
export const isWithin = (list: BlockList, address: string): boolean => address !== '' && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')

/** One spelling for each address, without quotes, brackets, port and zone; '' for what is none. */
export function canonical(text: string): string {
  let address = text.trim()
  if (isIPv4(address)) return address
  if (address.startsWith('"') && address.endsWith('"')) address = address.slice(1, -1)
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(address)
  if (bracketed) address = bracketed[1] ?? ''
  else if (/^[\d.]+:\d+$/.test(address)) address = address.slice(0, address.indexOf(':'))
  address = address.split('%', 1)[0] ?? ''
  const version = isIP(address)
  if (version !== 6) return version === 4 ? address : ''
  const shortest = new SocketAddress({ address, family: 'ipv6' }).address
  const mapped = shortest.startsWith('::ffff:') ? shortest.slice(7) : ''
  return isIPv4(mapped) ? mapped : shortest
}
