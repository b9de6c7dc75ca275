import fc from 'fast-check'
import { endpoints } from '@cairn/wire/api'
import type { Endpoint } from '@cairn/wire/endpoint'

/** Requests as strangers, broken trackers and scanners send them: everything that can be wrong with one, alone and together. */
export interface FuzzedRequest {
  /** Index of the workspace whose key is sent. */
  workspace: number
  /** `write`, `secret`, or the key itself. */
  key: string
  method: string
  path: string
  headers: Record<string, string>
  /** Before compression. */
  body: Buffer
  encoding: 'none' | 'gzip' | 'deflate' | 'raw' | 'br'
  /** One byte flipped, or all behind it cut, at this share of the compressed body. */
  garble?: { at: number; cut: boolean } | undefined
  /** Sent as bytes on a socket, with these headers over the others, the body cut there. */
  wire?: { headers: Record<string, string>; cutAt: number | undefined }
  plain?: Buffer
}

const often = <T>(weight: number, arbitrary: fc.Arbitrary<T>): { weight: number; arbitrary: fc.Arbitrary<T> } => ({ weight, arbitrary })

const oddTexts = fc.constantFrom(
  ...[
    '',
    ' ',
    '\0',
    'a\0b',
    '\t',
    '\n',
    '\r\n',
    '\\',
    '\\N',
    '\\x',
    '"',
    "'",
    '`',
    '`a`.`b`',
    'NULL',
    'null',
    'nan',
    'inf',
    '-inf',
    '1',
    '1e999',
    'true',
    '2026-01-01',
    '2026-01-01T00:00:00Z',
    '9999-99-99',
  ],
  ...[
    '\u0001\u001f\u007f\u0080',
    '\ufeff',
    '\ufffe\uffff',
    '\u2028',
    '😀',
    'e\u0301',
    '../../etc/passwd',
    '%00',
    '%',
    '{{x}}',
    "'; DROP TABLE events; --",
    '<script>',
    '{p0:String}',
    'a.b',
    'a..b',
    '.',
    '..',
    'size0',
    'a.:`Int64`',
  ],
)
const text = fc.oneof(
  often(4, fc.string({ maxLength: 12 })),
  often(2, fc.string({ unit: 'binary', maxLength: 12 })),
  often(3, oddTexts),
  often(
    1,
    fc.integer({ min: 100, max: 3_000 }).map((n) => 'x'.repeat(n)),
  ),
)

/** JSON as text and not as values, so that it holds what no value of JavaScript does. */
const textJson = fc.oneof(
  often(
    9,
    text.map((value) => JSON.stringify(value)),
  ),
  often(1, fc.constantFrom(String.raw`"\ud800"`, String.raw`"a\udc00b"`, String.raw`"\ud800\ud800"`, String.raw`"\u0000"`)),
)
const numberJson = fc.oneof(
  often(3, fc.integer().map(String)),
  often(2, fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)),
  often(
    3,
    fc.constantFrom(
      '1e400',
      '-1e400',
      '-0',
      '0.0',
      '5e-324',
      '1e-400',
      '1.7976931348623157e308',
      '18446744073709551615',
      '18446744073709551616',
      '18446744073709552000',
      '9223372036854775808',
      '-9223372036854775808',
      '-9223372036854775809',
      '100000000000000000000',
      '123456789012345678901234567890',
      '1E+2',
      '4294967296',
      '0.1e1',
    ),
  ),
)
const keyJson = fc.oneof(
  often(
    6,
    fc.constantFrom('a', 'b', 'c', 'plan', 'a.b', 'a.b.c', 'b.a', 'n0', 'n1', 'n2', 'n3').map((key) => JSON.stringify(key)),
  ),
  often(2, textJson),
  often(1, fc.constantFrom('"__proto__"', '"constructor"', '"prototype"', '"toString"', '"hasOwnProperty"', '""')),
)
const list = (entries: readonly string[]): string => `[${entries.join(',')}]`
const object = (entries: ReadonlyArray<readonly [string, string]>): string => `{${entries.map(([key, value]) => `${key}:${value}`).join(',')}}`
const nested = fc.tuple(fc.constantFrom(3, 8, 15, 16, 17, 40, 2_000), fc.constantFrom('list', 'object', 'both')).map(([depth, shape]) => {
  const [open, close] = shape === 'list' ? ['[', ']'] : shape === 'object' ? ['{"a":', '}'] : ['[{"a":', '}]']
  return `${open.repeat(depth)}1${close.repeat(depth)}`
})
const { json, jsonObject } = fc.letrec<{ json: string; jsonObject: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5 },
    often(3, textJson),
    often(3, numberJson),
    often(2, fc.constantFrom('null', 'true', 'false', '[]', '{}')),
    often(2, fc.array(tie('json'), { maxLength: 5 }).map(list)),
    often(3, tie('jsonObject')),
    often(1, nested),
  ),
  jsonObject: fc.array(fc.tuple(keyJson, tie('json')), { maxLength: 6 }).map(object),
}))

const sane: Record<string, fc.Arbitrary<string>> = {
  event_type: fc.constantFrom('"a"', '"project_created"', '"page_viewed"', '"x_y_z"'),
  user_id: fc.constantFrom('"ada"', '"bob"', '""'),
  anonymous_id: fc.constantFrom('"anon-1"', '"anon-2"', 'null'),
}
const fields: Record<string, fc.Arbitrary<string>> = {
  event_id: fc.oneof(
    fc.uuid().map((id) => JSON.stringify(id)),
    fc.constantFrom('"00000000-0000-7000-8000-000000000001"', '"00000000-0000-7000-8000-00000000000A"', '""', '"abc"'),
  ),
  metadata: jsonObject,
  event_metadata: jsonObject,
  context: jsonObject,
  context_snapshot: fc.oneof(
    jsonObject,
    text.map((url) => JSON.stringify({ page: { url, referrer: url }, utm: { source: url } })),
  ),
  timestamp: fc.oneof(
    numberJson,
    fc.constantFrom(
      '"1900-01-01T00:00:00Z"',
      '"2299-12-31T23:59:59.999Z"',
      '"2026-11-20T00:00:00+14:00"',
      '"2026-02-30T00:00:00Z"',
      '0',
      '-1',
      '1e12',
      '1.5',
      '"now"',
      'null',
    ),
  ),
  event_timestamp: numberJson,
  sent_at: fc.oneof(numberJson, fc.constantFrom('"1900-01-01T00:00:00Z"', '"2299-12-31T00:00:00Z"', '"x"')),
  entity_id: fc.oneof(numberJson, textJson),
  duration_ms: numberJson,
  seq: numberJson,
  device_type: fc.constantFrom('"bot"', '"mobile"', '"watch"', '""', '1'),
  ...Object.fromEntries(
    ['session_id', 'entity_type', 'event_category', 'event_action', 'source_id', 'tracker', 'user_email', 'write_key', 'unknown_field'].map((name) => [
      name,
      textJson,
    ]),
  ),
}
const field = fc
  .constantFrom(...Object.keys(fields), ...Object.keys(sane))
  .chain((name) => fc.oneof(often(4, fields[name] ?? textJson), often(1, json)).map((value) => [JSON.stringify(name), value] as const))
const saneFields = fc.tuple(...Object.entries(sane).map(([name, value]) => value.map((v) => [JSON.stringify(name), v] as const)))
/** Mostly acceptable but for one thing; a field that comes twice has its last value. */
const event = fc.oneof(
  often(
    8,
    fc.tuple(saneFields, fc.array(field, { maxLength: 6 })).map(([good, odd]) => object([...good, ...odd])),
  ),
  often(2, json),
)
const batch = fc.oneof(
  often(
    6,
    fc.array(event, { maxLength: 12 }).map((events) => object([['"events"', list(events)]])),
  ),
  often(
    1,
    fc
      .tuple(event, fc.constantFrom(999, 1_000, 1_001))
      .map(([one, n]) => (one.length > 900 ? '{"events":[{}]}' : object([['"events"', list(Array.from({ length: n }, () => one))]]))),
  ),
  often(
    1,
    fc.tuple(json, fields['sent_at'] ?? json).map(([events, sentAt]) =>
      object([
        ['"events"', events],
        ['"sent_at"', sentAt],
        ['"historical"', 'true'],
      ]),
    ),
  ),
  often(1, json),
)
/** Bytes that are no JSON, or nearly. */
const noJson = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom(
      '',
      ' ',
      '\n',
      '{',
      '[',
      '"',
      'null',
      '1',
      '{"events":',
      '{"a":1}}',
      "{'a':1}",
      '{a:1}',
      '[1,]',
      'NaN',
      '\ufeff{}',
      '-',
      '+1',
      '01',
      '"\\x"',
      '[[[[',
    )
    .map((t) => Buffer.from(t)),
  fc.constantFrom('[', '{"a":').map((open) => Buffer.from(open.repeat(100_000))),
  fc.tuple(event, fc.double({ min: 0, max: 1, noNaN: true })).map(([whole, at]) => Buffer.from(whole.slice(0, Math.floor(whole.length * at)))),
  // Invalid UTF-8 inside of strings.
  fc
    .tuple(event, fc.uint8Array({ minLength: 1, maxLength: 8, min: 0x80 }))
    .map(([whole, bytes]) => Buffer.from(Buffer.from(whole).toString('latin1').replace('ada', Buffer.from(bytes).toString('latin1')), 'latin1')),
  fc.constant(Buffer.alloc(1_100_000, 32)),
  fc.constant(Buffer.from(`{"event_type":"a","user_id":"u","metadata":{"t":"${'x'.repeat(1_048_500)}"}}`)),
)

const headerText = fc
  .oneof(fc.string({ maxLength: 30 }), fc.constantFrom('', 'a,b', '"', '1', 'x'.repeat(300), 'ä'.repeat(20), '*/*; q=0'))
  .map((value) => value.replace(/[^\t\x20-\x7e\x80-\xff]/g, ' ').trim())
const headers = fc.dictionary(
  fc.constantFrom(
    'idempotency-key',
    'x-cairn-tracker',
    'x-cairn-position',
    'x-cairn-source',
    'x-cairn-workspace',
    'user-agent',
    'x-forwarded-for',
    'origin',
    'accept-encoding',
    'cookie',
    'sec-gpc',
    'dnt',
    'range',
    'if-none-match',
    'content-type',
    'accept',
    'x-unknown',
  ),
  headerText,
  { maxKeys: 3 },
)
const key = fc.oneof(
  often(8, fc.constant('write')),
  often(4, fc.constant('secret')),
  often(1, fc.constantFrom('', 'x', 'cl_nonsense', 'nonsense_key_0123456789', 'x'.repeat(500))),
)
const garble = fc.option(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.boolean() }), { freq: 2, nil: undefined })

const collecting = fc.constantFrom('/api/events/log', '/api/events/log/', '/api/events/log?x=1', '/api/events/log/batch', '/api/events/log/batch/')
const plainBody = (path: string): fc.Arbitrary<Buffer> =>
  fc.oneof(
    often(
      6,
      (path.includes('batch') ? batch : event).map((t) => Buffer.from(t)),
    ),
    often(2, noJson),
  )
const base = { workspace: fc.constantFrom(0, 0, 0, 1), headers, encoding: fc.constant('none' as const) }

const collect: fc.Arbitrary<FuzzedRequest> = collecting.chain((path) =>
  fc.record({ ...base, key, method: fc.constant('POST'), path: fc.constant(path), body: plainBody(path) }),
)
const compressed: fc.Arbitrary<FuzzedRequest> = collecting.chain((path) =>
  fc
    .record({
      ...base,
      key: fc.constant('write'),
      method: fc.constant('POST'),
      path: fc.constant(path),
      body: plainBody(path),
      encoding: fc.constantFrom('gzip', 'deflate', 'raw', 'br', 'none'),
      garble,
    })
    .chain((request) =>
      fc
        .oneof(
          often(4, fc.constant({ none: 'identity', gzip: 'gzip', deflate: 'deflate', raw: 'deflate', br: 'br' }[request.encoding])),
          often(1, fc.constantFrom('gzip', 'deflate', 'br', 'zstd', 'gzip, br', 'x', '')),
        )
        .map((name) => ({ ...request, plain: request.body, headers: { ...request.headers, 'content-encoding': name } })),
    ),
)
const onTheWire: fc.Arbitrary<FuzzedRequest> = fc.record({
  workspace: fc.constant(0),
  key: fc.constant('write'),
  method: fc.constantFrom('POST', 'POST', 'PUT', 'BREW', ''),
  path: fc.constantFrom('/api/events/log', '/api/events/log', '/api/events/log/batch', '/api/%ff', '/api/events/session/%', '//', 'http://x/api/events', '*'),
  headers: fc.constant({}),
  body: fc.constant(Buffer.from('{"event_type":"wire","user_id":"u"}')),
  encoding: fc.constant('none' as const),
  wire: fc.record({
    headers: fc.oneof(
      fc.constantFrom('5', '35', '36', '1000', '-1', 'x', '1048577', '99999999999999999999').map((length) => ({ 'content-length': length })),
      fc.constantFrom<Record<string, string>>(
        { 'transfer-encoding': 'chunked' },
        { 'transfer-encoding': 'gzip' },
        { 'content-length': '35', 'transfer-encoding': 'chunked' },
        { expect: '100-continue', 'content-length': '35' },
        { upgrade: 'websocket', connection: 'upgrade' },
      ),
    ),
    cutAt: fc.option(fc.integer({ min: 0, max: 35 }), { nil: undefined }),
  }),
})

const queryValue = fc.oneof(
  often(4, text),
  often(2, numberJson),
  often(
    2,
    fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'Mars/X',
      '+02:00',
      '2026-11-01',
      '2026-13-01',
      '1900-01-01',
      '2299-12-31',
      '7',
      '36500',
      '0',
      '-1',
      'true',
      'csv',
      'jsonl',
      'all',
      'hour',
      'forever',
    ),
  ),
)
const cursor = fc.oneof(
  fc.base64String({ maxLength: 60 }),
  text.map((t) => Buffer.from(t).toString('base64url')),
  json.map((t) => Buffer.from(t.slice(0, 300)).toString('base64url')),
  fc.tuple(fc.integer(), fc.uuid()).map(([n, id]) => Buffer.from(`${n} ${id}`).toString('base64url')),
)
const all = Object.values(endpoints) as Endpoint[]
const names = (endpoint: Endpoint): string[] => Object.keys((endpoint.query as { properties?: object } | undefined)?.properties ?? {})
const queryOf = (endpoint: Endpoint): fc.Arbitrary<string> => {
  const known = names(endpoint)
  const name = fc.oneof(
    often(12, fc.constantFrom(...(known.length > 0 ? known : ['x']))),
    often(
      2,
      text.map((path) => `metadata.${path}`),
    ),
    often(
      1,
      text.map((path) => `context.${path}`),
    ),
    often(1, text),
  )
  const pair = name.chain((n) =>
    fc
      .oneof(often(3, n === 'cursor' ? cursor : queryValue), often(1, queryValue))
      .map((value) => `${encodeURIComponent(n.toWellFormed())}=${encodeURIComponent(value.toWellFormed())}`),
  )
  const odd = fc.constantFrom('%', '%00', '&&&', '=', '%ff=%ff', 'days=7&days=8', 'days[]=1', '__proto__=1', 'constructor=1')
  return fc.oneof(
    often(
      9,
      fc.array(pair, { maxLength: 4 }).map((pairs) => pairs.join('&')),
    ),
    often(1, odd),
  )
}
const pathOf = (endpoint: Endpoint): fc.Arbitrary<string> =>
  fc
    .oneof(
      often(
        5,
        text.map((id) => encodeURIComponent(id.toWellFormed())),
      ),
      often(1, fc.constantFrom('%', '%00', '%ff', '..', '.', 'x'.repeat(2_000), 'a%2Fb', '0')),
    )
    .map((id) => endpoint.path.replace(/:\w+/g, () => id))
const to = (endpoints_: readonly Endpoint[], workspace: number): fc.Arbitrary<FuzzedRequest> =>
  fc.constantFrom(...endpoints_).chain((endpoint) =>
    fc.record({
      ...base,
      workspace: fc.constant(workspace),
      key: fc.oneof(often(9, fc.constant('secret')), often(1, key)),
      method: fc.constant(endpoint.method),
      path: fc.tuple(pathOf(endpoint), queryOf(endpoint)).map(([path, query]) => (query === '' ? path : `${path}?${query}`)),
      body: endpoint.body
        ? fc.oneof(
            often(3, bodyOf(endpoint)),
            often(
              1,
              json.map((t) => Buffer.from(t)),
            ),
            often(1, noJson),
          )
        : fc.constant(Buffer.alloc(0)),
    }),
  )
/** An object of the endpoint's own fields, with anything in them. */
const bodyOf = (endpoint: Endpoint): fc.Arbitrary<Buffer> => {
  const known = Object.keys((endpoint.body as { properties?: object } | undefined)?.properties ?? { x: 1 })
  return fc
    .array(
      fc.tuple(
        fc.constantFrom(...known).map((name) => JSON.stringify(name)),
        fc.oneof(json, textJson, numberJson),
      ),
      { maxLength: 4 },
    )
    .map((entries) => Buffer.from(object(entries)))
}
const reading = all.filter(({ access }) => access === 'read' || access === 'open' || access === 'local')
const changing = all.filter(
  ({ access, judgedByEvent, path }) => (access === 'manage' || access === 'collect') && !judgedByEvent && path !== '/api/events/cleanup',
)
const cleaning = all.filter(({ path }) => path === '/api/events/cleanup')

export const fuzzedRequest: fc.Arbitrary<FuzzedRequest> = fc.oneof(
  often(400, collect),
  often(150, compressed),
  often(40, onTheWire),
  often(150, to(reading, 0)),
  often(100, to(changing, 1)),
  // Each is a mutation of the whole table.
  often(1, to(cleaning, 1)),
)
