import { EMAIL, MIN_PASSWORD } from '@cairn/wire/credentials'
import { ApiError } from '../../api/client.ts'
import { texts } from '../../texts/texts.ts'
import { isZone } from './zone-field.tsx'

const t = texts.accounts.fields

/** What is wrong, by the name of the field; '' in a field that says so by its meter. */
export type Faults = Readonly<Record<string, string | undefined>>

const isEmail = new RegExp(EMAIL)
/** The same checks as the server's, so that most mistakes are told before anything is sent. Undefined where a value is right. */
export const checks = {
  name: (value: string) => (value.trim() === '' ? t.required : undefined),
  email: (value: string) => (isEmail.test(value.trim()) ? undefined : t.badEmail),
  password: (value: string) => (value.length < MIN_PASSWORD ? t.shortBy(MIN_PASSWORD - value.length) : undefined),
  zone: (value: string) => (isZone(value.trim()) ? undefined : t.badZone),
} as const

export const hasFaults = (faults: Faults): boolean => Object.values(faults).some((fault) => fault !== undefined)

/** What the server found wrong, at the fields of its body: `/email` is the field `email`. */
export const faultsOf = (error: Error | null): Faults =>
  error instanceof ApiError
    ? Object.fromEntries(error.errors.map(({ path, message }) => [path.slice(1), message.charAt(0).toUpperCase() + message.slice(1)]))
    : {}
