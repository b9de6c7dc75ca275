/** The call itself was wrong: an option, a mapping, a file that is not there. Exit code 2. */
export class WrongCall extends Error {
  override readonly name = 'WrongCall'
}

/** What was asked for could not be done; the message says why and what to do. Exit code 1. */
export class Failed extends Error {
  override readonly name = 'Failed'
}

/** What a person reads of any error: its message, and those of its causes where they add something. */
export function messageOf(error: unknown): string {
  const said: string[] = []
  for (let e: unknown = error; e instanceof Error; e = e.cause) if (!said.some((text) => text.includes((e as Error).message))) said.push(e.message)
  return said.length > 0 ? said.join(': ') : String(error)
}
