import { plainText } from './json.ts'

/**
 * Numbers that events took which were not recorded. Such a number has arrived, but nothing of its event may reach the disk, so in the store it
 * looks like one that got lost as soon as a later number of the same source is there. Only then is it told, as a count: of a source of which
 * nothing else is recorded, nothing is told at all.
 * In memory only, of the sources that were heard of last: after a restart, numbers that were waiting look lost.
 */
interface Waiting {
  numbers: number
  /** Numbers come in order: one that is not above it is a repetition. */
  highest: number
}

/** About 3 MB. */
const MOST_SOURCES = 10_000

export class PassedOver {
  readonly #waiting = new Map<string, Waiting>()

  /** Notes an event that is not recorded. It is as it came: nothing of it was checked. */
  note(workspaceId: number, input: Readonly<Record<string, unknown>>): void {
    const { seq } = input
    const source = nameOf(input)
    if (source === '' || typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0) return
    const name = `${workspaceId} ${source}`
    const { numbers, highest } = this.#waiting.get(name) ?? { numbers: 0, highest: -1 }
    if (seq <= highest) return
    this.#waiting.delete(name)
    this.#waiting.set(name, { numbers: numbers + 1, highest: seq })
    if (this.#waiting.size <= MOST_SOURCES) return
    for (const oldest of this.#waiting.keys()) {
      this.#waiting.delete(oldest)
      return
    }
  }

  /** How many numbers of this source waited for one that is recorded; they are told once. */
  tell(workspaceId: number, source: string): number {
    if (this.#waiting.size === 0) return 0
    const name = `${workspaceId} ${source}`
    const numbers = this.#waiting.get(name)?.numbers ?? 0
    if (numbers > 0) this.#waiting.delete(name)
    return numbers
  }
}

const LONGEST = 255
/** What numbered it: its tab or process, else its session. */
const nameOf = ({ source_id: source, session_id: session }: Readonly<Record<string, unknown>>): string => {
  const name = typeof source === 'string' && source !== '' ? source : session
  return typeof name === 'string' && name.length <= LONGEST ? plainText(name) : ''
}
