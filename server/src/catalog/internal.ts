import type { InternalTraffic } from '@cairn/wire/api/workspace'
import type { BlockList } from 'node:net'
import type { FieldError } from '../base/errors.ts'
import { networksOf } from '../base/networks.ts'

/** Whose traffic a workspace says is its own or a test. */
export interface DirectoryInternal {
  userIds: readonly string[]
  /** In lower case. */
  emailDomains: ReadonlySet<string>
  addresses: BlockList
}

/** What a workspace has said; nobody and nothing where it has said nothing. */
export const readInternal = (text: string): InternalTraffic => ({
  user_ids: [],
  email_domains: [],
  addresses: [],
  ...(JSON.parse(text) as Partial<InternalTraffic>),
})

export function toDirectory({ user_ids, email_domains, addresses }: InternalTraffic): DirectoryInternal {
  const { list } = networksOf(addresses)
  if (!list) throw new Error('The catalog holds an internal address that is none.')
  return { userIds: user_ids, emailDomains: new Set(email_domains), addresses: list }
}

type Said = { [K in keyof InternalTraffic]?: InternalTraffic[K] | undefined }

/** Each once, domains in lower case and without the @ that people write before them. */
export const tidyInternal = ({ user_ids, email_domains, addresses }: Said): Partial<InternalTraffic> => ({
  ...(user_ids && { user_ids: [...new Set(user_ids)] }),
  ...(email_domains && { email_domains: [...new Set(email_domains.map((domain) => domain.trim().replace(/^@/, '').toLowerCase()))] }),
  ...(addresses && { addresses: [...new Set(addresses.map((address) => address.trim()))] }),
})

/** Of what is tidy. */
export function checkInternal({ user_ids = [], email_domains = [], addresses = [] }: Partial<InternalTraffic>): FieldError[] {
  const isDomain = (domain: string): boolean => /^[^\s@\0]+$/.test(domain)
  const errors: FieldError[] = []
  if (user_ids.some((id) => id.includes('\0'))) errors.push({ path: '/internal/user_ids', message: 'must not hold a NUL character' })
  if (!email_domains.every(isDomain)) errors.push({ path: '/internal/email_domains', message: 'must be domains such as example.com' })
  const { wrong } = networksOf(addresses)
  if (wrong !== undefined)
    errors.push({ path: '/internal/addresses', message: `has "${wrong}", and must list addresses or CIDR ranges such as 203.0.113.0/24` })
  return errors
}
