import { isIPv4, type BlockList } from 'node:net'
import type { IncomingMessage } from 'node:http'
import type { Client } from '../http/auth.ts'
import { isWithin } from '../base/networks.ts'
import { clientAddress } from './address.ts'
import { readAgent } from './agent.ts'

/** Reads who is at the other end of a request, with our proxies' words believed and nobody else's. */
export const clientReader =
  (proxies: BlockList, publicUrl: string | undefined) =>
  ({ socket, headers }: IncomingMessage): Client => {
    const peer = clientAddress(socket.remoteAddress, undefined, proxies)
    const proto = isWithin(proxies, peer) ? headers['x-forwarded-proto'] : undefined
    const address = clientAddress(socket.remoteAddress, headers['x-forwarded-for'], proxies)
    const { browser } = readAgent(headers['user-agent'] ?? '')
    return {
      address: address.includes(':') ? prefixOf(address, 4) : address,
      network: networkOf(address),
      browser,
      secure: publicUrl?.startsWith('https:') === true || (typeof proto === 'string' && proto.split(',')[0]?.trim().toLowerCase() === 'https'),
    }
  }

/** A /24 of IPv4, a /48 of IPv6: enough to tell an office from another country, and not a person. */
function networkOf(address: string): string {
  if (isIPv4(address)) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`
  return address.includes(':') ? `${prefixOf(address, 3)}/48` : ''
}

/** The first groups of an IPv6 address in its canonical form: a household or an office has a /64 or more, and can take any address in it. */
function prefixOf(address: string, groups: number): string {
  const [head = '', tail = ''] = address.split('::')
  const [front = [], back = []] = [head, tail].map((part) => part.split(':').filter((group) => group !== ''))
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0')
  return `${[...front, ...zeros, ...back].slice(0, groups).join(':')}::`
}
