import type { AnswerOf } from '@cairn/wire/api'
import { atLeast, type Role } from '@cairn/wire/roles'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { ask } from './api/queries.ts'

export type Account = AnswerOf<'getAccount'>
export type Membership = Account['workspaces'][number]

/** Who is signed in. Below the route that has asked for it. */
export const useAccount = (): Account => useSuspenseQuery(ask('getAccount')).data

/** The workspace of the address, and what the signed-in user may do in it. */
export function useWorkspace(): Membership & { may: (role: Role) => boolean } {
  const { workspace: slug } = useParams({ strict: false }) as { workspace?: string }
  const { workspaces } = useAccount()
  const found = workspaces.find((workspace) => workspace.slug === slug)
  if (!found) throw new Error('outside of a workspace')
  return { ...found, may: (role) => atLeast(found.role, role) }
}

const LAST = 'cairn.workspace'
/** The workspace that was open last on this device, if the user is still in it; else the first. */
export const homeOf = ({ workspaces }: Account): Membership | undefined => workspaces.find(({ slug }) => slug === localStorage.getItem(LAST)) ?? workspaces[0]
export const wasHere = (): boolean => localStorage.getItem(LAST) !== null
export const rememberWorkspace = (slug: string): void => localStorage.setItem(LAST, slug)

/** Where a page may lie outside of any workspace. */
export function useMaybeWorkspace(): Membership | undefined {
  const { workspace: slug } = useParams({ strict: false }) as { workspace?: string }
  const { data } = useQuery({ ...ask('getAccount'), enabled: slug !== undefined })
  return data?.workspaces.find((workspace) => workspace.slug === slug)
}
