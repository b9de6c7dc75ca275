import { BlockList, SocketAddress, isIP, isIPv4 } from 'node:net'
import { ConfigError } from '../base/config.ts'

/**
 * The address of the client behind our proxies. It is used while the request is answered (country, limits) and then forgotten: no address is
 * ever written to disk, and nothing here remembers one.
 */

/** The proxies whose X-Forwarded-For is believed: addresses and CIDR ranges, IPv4 or IPv6. Throws ConfigError for anything else. */
export function trustedProxies(entries: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of entries) {
    const slash = entry.indexOf('/')
    const address = canonical(slash < 0 ? entry : entry.slice(0, slash))
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    const bits = slash < 0 ? undefined : entry.slice(slash + 1)
    if (address === '' || (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > (family === 'ipv4' ? 32 : 128)))) {
      throw new ConfigError(`CAIRN_TRUSTED_PROXIES (has "${entry}") must list addresses or CIDR ranges such as 10.0.0.0/8 or fd00::/8`)
    }
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}

/**
 * Walks X-Forwarded-For from the right, the end our own proxies wrote, for as long as the address that told us is trusted; the first one that
 * is not is the client. Everything left of it is the client's own claim. A word that is no address ends the walk at the last one believed.
 * Answers '' where the socket has no address; IPv4 in dots (also when mapped into IPv6), IPv6 in its canonical form.
 */
export function clientAddress(socketAddress: string | undefined, forwardedFor: string | readonly string[] | undefined, trusted: BlockList): string {
  let believed = canonical(socketAddress ?? '')
  if (forwardedFor === undefined || forwardedFor.length === 0 || believed === '') return believed
  const header = typeof forwardedFor === 'string' ? forwardedFor : forwardedFor.join(',')
  let end = header.length
  while (end > 0 && trusted.check(believed, isIPv4(believed) ? 'ipv4' : 'ipv6')) {
    const comma = header.lastIndexOf(',', end - 1)
    const entry = header.slice(comma + 1, end).trim()
    end = comma
    if (entry === '') continue
    const next = canonical(entry)
    if (next === '') break
    believed = next
  }
  return believed
}

/** One spelling for each address, without quotes, brackets, port and zone; '' for what is none. */
function canonical(text: string): string {
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
