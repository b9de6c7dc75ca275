import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Which pieces of a segment were cut in two because the store would not take them whole, in a file beside the segment.
 * A piece has a deduplication token of its own, so a repetition protects only if it is cut alike. What is refused for its content is refused
 * again, but what took too much memory today may fit tomorrow: so the decision is on disk before either half is inserted, and holds.
 * The file goes with its segment.
 */
export class Cuts {
  readonly #path: string
  readonly #cut: Set<string>

  private constructor(path: string, cut: Set<string>) {
    this.#path = path
    this.#cut = cut
  }

  static async read(segmentPath: string): Promise<Cuts> {
    const path = cutsPath(segmentPath)
    try {
      return new Cuts(path, new Set(JSON.parse(await readFile(path, 'utf8')) as string[]))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Cuts(path, new Set())
      throw error
    }
  }

  has(piece: string): boolean {
    return this.#cut.has(piece)
  }

  async note(piece: string): Promise<void> {
    this.#cut.add(piece)
    const draft = await open(`${this.#path}.new`, 'w', 0o600)
    try {
      await draft.writeFile(JSON.stringify([...this.#cut]))
      await draft.sync()
    } finally {
      await draft.close()
    }
    await rename(`${this.#path}.new`, this.#path)
    const folder = await open(dirname(this.#path), 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }
}

export const cutsPath = (segmentPath: string): string => `${segmentPath}.cuts`
