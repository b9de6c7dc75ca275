import { deviceTypes } from '@cairn/wire/event'
import { LIVE_PATH, type LiveRequest } from '@cairn/wire/live'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { describe } from '../base/describe.ts'

/** What a client may say. Fields that are not known are refused: a filter that is misspelt must not tell everything. */
const strict = { additionalProperties: false }
const o = Type.Optional
const text = (maxLength: number) => o(Type.String({ maxLength }))
const subscription = Type.String({ minLength: 1, maxLength: 64 })
const Filter = Type.Object(
  {
    event_type: text(200),
    event_category: text(100),
    user_id: text(255),
    anonymous_id: text(255),
    session_id: text(255),
    entity_type: text(100),
    entity_id: text(255),
    device_type: o(Type.Enum([...deviceTypes])),
    include_bots: o(Type.Boolean()),
  },
  strict,
)
const Subscribe = Type.Object(
  {
    type: Type.Literal('subscribe'),
    subscription,
    stream: Type.Literal('events'),
    filter: o(Filter),
    after: o(Type.String({ maxLength: 64 })),
  },
  strict,
)
const Unsubscribe = Type.Object({ type: Type.Literal('unsubscribe'), subscription }, strict)
const checks = { subscribe: Compile(Subscribe), unsubscribe: Compile(Unsubscribe) }

export type Read = { request: LiveRequest } | { code: 'malformed' | 'invalid'; message: string }

export function readRequest(given: string): Read {
  let value: unknown
  try {
    value = JSON.parse(given)
  } catch {
    return { code: 'malformed', message: `${LIVE_PATH} takes one JSON object a message.` }
  }
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined
  if (type !== 'subscribe' && type !== 'unsubscribe') return { code: 'invalid', message: 'type must be subscribe or unsubscribe.' }
  const check = checks[type]
  if (check.Check(value)) return { request: value satisfies Static<typeof Subscribe> | Static<typeof Unsubscribe> }
  const wrong = describe(check.Errors(value)).map((e) => `${e.path.slice(1) || 'It'} ${e.message}`)
  return { code: 'invalid', message: `The message is not valid. ${wrong.join('; ')}.` }
}
