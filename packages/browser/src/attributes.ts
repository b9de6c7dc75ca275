import type { AutoKind, Options } from './client.ts'

/** Of the script tag, as `dataset` names them; with the values that they may have, where those are few. Loaded with `data-debug` only. */
const attributes = new Map<string, readonly string[] | undefined>([
  ['writeKey', undefined],
  ['host', undefined],
  ['path', undefined],
  ['auto', ['pageviews', 'clicks', 'scroll', 'vitals', 'errors'] satisfies AutoKind[]],
  ['consent', ['required']],
  ['persistence', ['storage', 'memory', 'none']],
  ['privacySignals', ['honour', 'ignore']],
  ['sessionAtMidnight', ['true']],
  ['batchSize', undefined],
  ['interval', undefined],
  ['debug', ['']],
] satisfies [keyof Options, unknown][])

/** Says on the console which attributes nobody knows, or have a value that nobody knows. */
export function check(dataset: DOMStringMap): void {
  for (const [name, value = ''] of Object.entries(dataset)) {
    const known = attributes.get(name)
    const wrong = (name === 'auto' ? wordsOf(value) : [value]).filter((word) => known?.includes(word) === false)
    if (!attributes.has(name)) console.warn(`cairn: there is no ${nameOf(name)}. There are: ${[...attributes.keys()].map(nameOf).join(', ')}.`)
    else if (wrong.length > 0) console.warn(`cairn: ${nameOf(name)} cannot be "${wrong.join(' ')}", but ${known?.join(', ') || 'without a value'}.`)
  }
}

const nameOf = (key: string): string => `data-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
export const wordsOf = (list: string): string[] => list.split(/[\s,]+/).filter(Boolean)
