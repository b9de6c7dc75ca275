import type { Handlers } from '../http/call.ts'
import { getPerson, type PersonDeps } from './person.ts'
import { listPeople, type SeenDeps } from './seen.ts'

export const peopleRoutes = (deps: SeenDeps & PersonDeps): Pick<Handlers, 'listPeople' | 'getPerson'> => ({
  listPeople: (call) => listPeople(deps, call),
  getPerson: (call) => getPerson(deps, call),
})
