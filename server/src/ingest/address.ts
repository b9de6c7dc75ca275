import type { BlockList } from 'node:net'
import { ConfigError } from '../base/config.ts'
import { canonical, isWithin, networksOf } from '../base/networks.ts'

/**
 * The address of the client behind our proxies. It is used while the request is answered (country, limits) and then forgotten: no address is
 * ever written to disk, and nothing here remembers one.
 */

/** The proxies whose X-Forwarded-For is believed: addresses and CIDR ranges, IPv4 or IPv6. Throws ConfigError for anything else. */
export function trustedProxies(entries: readonly string[]): BlockList {
  const { list, wrong } = networksOf(entries)
  if (list) return list
  throw new ConfigError(`CAIRN_TRUSTED_PROXIES (has "${wrong}") must list addresses or CIDR ranges such as 10.0.0.0/8 or fd00::/8`)
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
  while (end > 0 && isWithin(trusted, believed)) {
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
