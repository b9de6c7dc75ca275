interface Change {
  at: number
  change: 'set' | 'add' | 'remove'
  users: string[]
  why: string
  reason?: string
}
interface Assigned {
  user: string
  from: number
  to: number | null
  why: string | null
  reason: string | null
}
export interface Did {
  id: string
  task: string
  user: string
  at: number
  what: 'viewed' | 'commented' | 'rejected'
  session?: string | undefined
}
interface Login {
  user: string
  token: string
  start: number
  end: { at: number; reason: string } | undefined
}
const inOrder = <T extends { at: number }>(sayings: readonly T[]): T[] => sayings.toSorted((a, b) => a.at - b.at)

/** What was said of one task; undefined where a saying named no such attribute. */
class Task {
  readonly changes: Change[] = []
  readonly said: Array<{ at: number; status?: string | undefined; creator?: string | undefined; whole: boolean; gone: boolean }> = []

  get isThere(): boolean {
    return inOrder(this.said).at(-1)?.gone === false
  }
  get isDone(): boolean {
    return inOrder(this.said).findLast(({ whole, status }) => whole || status !== undefined)?.status === 'Completed'
  }
  get creator(): string | undefined {
    return inOrder(this.said).findLast(({ whole }) => whole)?.creator
  }
  get assigned(): Assigned[] {
    const all: Assigned[] = []
    for (const { at, change, users, why, reason } of inOrder(this.changes)) {
      const open = all.filter(({ to }) => to === null)
      for (const one of open)
        if ((change === 'remove' && users.includes(one.user)) || (change === 'set' && !users.includes(one.user)))
          Object.assign(one, { to: at, why, reason: reason ?? null })
      if (change !== 'remove')
        for (const user of users) if (!open.some((one) => one.user === user)) all.push({ user, from: at, to: null, why: null, reason: null })
    }
    return all
  }
  get open(): Assigned[] {
    return this.assigned.filter(({ to }) => to === null)
  }
}

/** The rule, said as plainly as it goes. */
export class Model {
  readonly tasks = new Map<string, Task>()
  /** By event id, the first telling. */
  readonly events = new Map<string, Did>()
  waiting: Did[] = []
  readonly seconds = new Map<string, { task: string; user: string; seconds: number }>()
  readonly merges = new Map<string, { from: string; to: string; holds: boolean }>()
  readonly out = new Set<string>()
  /** When eve, who alone opts out, opted in again. */
  back = 0
  readonly logins = new Map<string, Login>()
  told: Array<{ task: string; to: string; user: string; reason: string | null }> = []

  task(id: string): Task {
    const task = this.tasks.get(id) ?? new Task()
    this.tasks.set(id, task)
    return task
  }
  /** As long as no task was told, every id is taken. */
  isKnown(id: string): boolean {
    return this.task(id).isThere || ![...this.tasks.values()].some(({ said }) => said.length > 0)
  }
  happen(did: Did): void {
    if (!this.out.has(did.user) && !this.events.has(did.id)) this.events.set(did.id, did)
  }
  appear(id: string): void {
    for (const did of this.waiting.filter(({ task }) => task === id)) this.happen(did)
    this.waiting = this.waiting.filter(({ task }) => task !== id)
  }
  begin(id: string, login: Login, single: boolean): void {
    const others = [...this.logins.values()].filter(({ user }) => this.usersWith(login.user).includes(user))
    this.logins.set(id, login)
    if (!single) return
    for (const other of others) if (other.start <= login.start) this.finish(other, login.start, 'replaced')
    const later = others.map(({ start }) => start).filter((start) => start > login.start)
    if (later.length > 0) this.finish(login, Math.min(...later), 'replaced')
  }
  finish(login: Login, told: number, reason: string): void {
    const at = Math.max(told, login.start)
    if (!login.end || at < login.end.at) login.end = { at, reason }
  }
  /** All of a person goes but an opt-out. */
  forget(user: string): void {
    const gone = new Set(this.usersWith(user))
    for (const [id, did] of this.events) if (gone.has(did.user)) this.events.delete(id)
    for (const [id, view] of this.seconds) if (gone.has(view.user)) this.seconds.delete(id)
    for (const [id, login] of this.logins) if (gone.has(login.user)) this.logins.delete(id)
    for (const [pair, { from, to }] of this.merges) if (gone.has(from) || gone.has(to)) this.merges.delete(pair)
    this.waiting = this.waiting.filter((did) => !gone.has(did.user))
    this.told = this.told.filter(({ to, user: by }) => !gone.has(to) && !gone.has(by))
    for (const { changes, said } of this.tasks.values()) {
      for (const change of changes) change.users = change.users.filter((one) => !gone.has(one))
      for (const one of said) if (gone.has(one.creator ?? '')) one.creator = undefined
    }
  }
  usersWith(user: string): string[] {
    const together = new Set([user])
    for (let before = 0; before !== together.size;) {
      before = together.size
      for (const { from, to, holds } of this.merges.values()) if (holds && (together.has(from) || together.has(to))) together.add(from).add(to)
    }
    return [...together].toSorted()
  }
  rootOf(user: string): string {
    const together = this.usersWith(user)
    return together.find((one) => ![...this.merges.values()].some(({ holds, from }) => holds && from === one)) ?? together[0] ?? user
  }
  of(task: string, user?: string): Did[] {
    const root = user === undefined ? undefined : this.rootOf(user)
    return [...this.events.values()].filter((did) => did.task === task && (root === undefined || this.rootOf(did.user) === root))
  }
  isOut(user: string, assigned: number): boolean {
    const together = this.usersWith(user)
    return together.some((one) => this.out.has(one)) || (together.includes('eve') && assigned < this.back)
  }
}
