import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileSha256, formatOf, openRows } from '../import/rows.ts'
import type { Mapping } from '../import/mapping.ts'
import { messageOf, WrongCall } from '../terminal/failure.ts'

/** A folder with data files and the truth about them. */
export interface DataSet {
  name: string
  folder: string
  /** By file name, of files that are there or not. */
  sha256: Readonly<Record<string, string>>
  truth: Readonly<Record<string, unknown>>
}

/** Each folder below with a truth.json; or the folder itself. A truth.json that cannot be read is told as such. */
export function dataSetsIn(folder: string): Array<DataSet | { name: string; broken: string }> {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new WrongCall(`There is no folder ${folder}.`)
  const below = existsSync(join(folder, 'truth.json'))
    ? [folder]
    : readdirSync(folder)
        .toSorted()
        .map((name) => join(folder, name))
        .filter((path) => existsSync(join(path, 'truth.json')))
  if (below.length === 0) throw new WrongCall(`${folder} holds no data sets: folders with a truth.json.`)
  return below.map((path) => {
    try {
      return read(path)
    } catch (error) {
      return { name: basename(path), broken: messageOf(error) }
    }
  })
}

function read(folder: string): DataSet {
  const { dataset, sha256, answers } = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as {
    dataset?: string
    sha256?: Record<string, string>
    answers?: Record<string, { value: unknown }>
  }
  if (typeof answers !== 'object') throw new Error('truth.json has no answers')
  return {
    name: dataset ?? basename(folder),
    folder,
    sha256: sha256 ?? {},
    truth: Object.fromEntries(Object.entries(answers).map(([key, { value }]) => [key, value])),
  }
}

/** Of the files that are there: those that are not what the truth is about. */
export async function otherFiles({ folder, sha256 }: DataSet): Promise<{ checked: string[]; wrong: string[] }> {
  const checked: string[] = []
  const wrong: string[] = []
  for (const [file, expected] of Object.entries(sha256)) {
    if (!existsSync(join(folder, file))) continue
    checked.push(file)
    if ((await fileSha256(join(folder, file))).sha256 !== expected) wrong.push(file)
  }
  return { checked, wrong }
}

/** Distinct values of a column, counted in the file and not by Cairn. */
export async function distinctIn(path: string, column: string, mapping: Mapping): Promise<number> {
  const { rows } = await openRows({ file: path, format: formatOf(path), delimiter: mapping.delimiter })
  const values = new Set<unknown>()
  for await (const { fields } of rows) values.add(fields[column])
  for (const missing of ['', ...mapping.missing]) values.delete(missing)
  return values.size
}

/** Numbers up to a relative 1e-9, objects whatever the order of their keys; undefined where equal, else the first difference. */
export function difference(expected: unknown, got: unknown, path = ''): string | undefined {
  const at = path === '' ? '' : `${path}: `
  if (typeof expected === 'number' && typeof got === 'number') {
    return Math.abs(expected - got) <= 1e-9 * Math.max(Math.abs(expected), Math.abs(got)) ? undefined : `${at}expected ${expected}, got ${got}`
  }
  if (typeof expected !== 'object' || typeof got !== 'object' || expected === null || got === null) {
    return expected === got ? undefined : `${at}expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
    const found = difference((expected as Record<string, unknown>)[key], (got as Record<string, unknown>)[key], path === '' ? key : `${path}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}
