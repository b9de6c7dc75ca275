import { createReadStream } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { Ended, Parcel } from '@cairn/core/sender'
import type { Owner } from './owner.ts'

/**
 * A file of the spool: lines of `checksum word …`, appended in the order of what happened. A line whose checksum is wrong was cut by a crash or
 * a full disk, and counts as not written.
 *
 * | line | means |
 * |---|---|
 * | `owner {…}` | first line: whose file it is |
 * | `kept key path text` | a parcel; those of one key belong together |
 * | `done key` | they are delivered, or given up |
 * | `seq n` | the last number that the owner gave to an event |
 * | `ended id n` | a source that is gone and how far it had numbered, `told id` once the server knows |
 */
export const lines = {
  owner: (owner: Owner): string => line(`owner ${JSON.stringify(owner)}`),
  kept: (key: number, parcels: readonly Parcel[]): string => parcels.map(([path, text]) => line(`kept ${key} ${path} ${text}`)).join(''),
  done: (key: number): string => line(`done ${key}`),
  seq: (seq: number): string => line(`seq ${seq}`),
  ended: ({ source_id, seq }: Ended): string => line(`ended ${source_id} ${seq}`),
  told: ({ source_id }: Ended): string => line(`told ${source_id}`),
}

const line = (content: string): string => `${checksum(content)} ${content}\n`
const checksum = (content: string): string => crc32(content).toString(16).padStart(8, '0')

export interface Content {
  /** What is not delivered, by key. */
  records: Map<number, Parcel[]>
  events: number
  seq: number
  /** By source. */
  ended: Map<string, number>
}

/** Rejects where the file cannot be read. */
export async function readContent(file: string): Promise<Content> {
  const content: Content = { records: new Map(), events: 0, seq: 0, ended: new Map() }
  for await (const entry of linesOf(file)) {
    const [word, rest] = cut(entry)
    const [first, after] = cut(rest)
    if (word === 'kept') {
      const [path, text] = cut(after)
      const record = content.records.get(Number(first)) ?? []
      record.push([Number(path), text])
      content.records.set(Number(first), record)
    } else if (word === 'done') content.records.delete(Number(first))
    else if (word === 'seq') content.seq = Number(first)
    else if (word === 'ended') content.ended.set(first, Number(after))
    else if (word === 'told') content.ended.delete(first)
  }
  for (const record of content.records.values()) content.events += record.length
  return content
}

/** undefined where its line never reached the disk. */
export async function readOwner(file: string): Promise<Owner | undefined> {
  for await (const entry of linesOf(file)) {
    const [word, owner] = cut(entry)
    return word === 'owner' ? (JSON.parse(owner) as Owner) : undefined
  }
  return undefined
}

/** Whole lines, without their checksums. node:readline would end a line at U+2028 too, which JSON leaves as it is. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of createReadStream(file, 'utf8') as AsyncIterable<string>) {
    const entries = (rest + chunk).split('\n')
    rest = entries.pop() ?? ''
    for (const entry of entries) {
      const [sum, content] = cut(entry)
      if (sum === checksum(content)) yield content
    }
  }
}

const cut = (text: string): [string, string] => {
  const at = text.indexOf(' ')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
