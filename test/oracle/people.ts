import { column, type Event, type World } from './event.ts'
import { once } from './once.ts'

/** Who an event counts to: a name that no other person has. */
export function personOf(world: World, event: Event): string {
  const user = column(event, 'user_id') || ownerOf(world, column(event, 'anonymous_id'))
  return user === undefined ? `visitor ${column(event, 'anonymous_id')}` : personOfUser(world, user)
}

/** The person that a user is, named by all of its users. */
export const personOfUser = ({ facts }: World, user: string): string => personAmong(facts, user)

const personAmong = once((facts: World['facts'], user) => {
  const together = new Set([user])
  const merges = mergesOf(facts)
  for (let before = 0; before < together.size;) {
    before = together.size
    for (const pair of merges) if (pair.some((one) => together.has(one))) for (const one of pair) together.add(one)
  }
  return `users ${JSON.stringify([...together].toSorted())}`
})

/** The first user that identified the device. */
const ownerOf = ({ facts }: World, device: string): string | undefined => ownerAmong(facts, device)

const ownerAmong = once((facts: World['facts'], device) => {
  const [first] = facts.filter((fact) => fact.fact === 'identify' && fact.device === device).toSorted((a, b) => a.at - b.at)
  return first?.user
})

/** Of each pair the last fact counts. */
function mergesOf(facts: World['facts']): string[][] {
  const last = new Map<string, { pair: string[]; holds: boolean }>()
  for (const fact of facts.toSorted((a, b) => a.at - b.at)) {
    if (fact.fact === 'identify') continue
    const pair = [fact.user, fact.other].toSorted()
    last.set(JSON.stringify(pair), { pair, holds: fact.fact === 'merge' })
  }
  return [...last.values()].filter(({ holds }) => holds).map(({ pair }) => pair)
}

/** Whether an event is of the makers or a test: sent as such, by somebody whose id is an address of theirs, or of a person whom they name. */
export function isInternal(world: World, event: Event): boolean {
  const user = column(event, 'user_id')
  const person = personOf(world, event)
  return event.isInternal || isAddress(world, user) || internalUsers(world).some((one) => personOfUser(world, one) === person)
}

function internalUsers(world: World): string[] {
  const { facts, internal } = world
  const identified = new Set(facts.flatMap((fact) => (fact.fact === 'identify' ? [fact.user] : [])))
  return [...internal.user_ids, ...[...identified].filter((user) => isAddress(world, user) || isAddress(world, emailOf(world, user)))]
}

/** As told last of that user. */
function emailOf({ facts }: World, user: string): string {
  const told = facts.toSorted((a, b) => b.at - a.at).find((fact) => fact.fact === 'identify' && fact.user === user && fact.traits && 'email' in fact.traits)
  const email = told?.fact === 'identify' ? told.traits?.['email'] : undefined
  return typeof email === 'string' ? email : ''
}

const isAddress = ({ internal }: World, text: string): boolean => internal.email_domains.some((domain) => text.toLowerCase().endsWith(`@${domain}`))
