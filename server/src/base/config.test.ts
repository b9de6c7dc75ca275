import { expect, test } from 'vitest'
import { ConfigError, readConfig, withoutEffect } from './config.ts'

test('every setting has a default, and what is given is read by its type', () => {
  expect(readConfig({})).toMatchObject({ PORT: 4300, HOST: '127.0.0.1', CAIRN_MEMORY: 2 * 1024 ** 3, CAIRN_STREAMS_OFF: [] })
  expect(readConfig({ PORT: '0', CAIRN_MEMORY: '1g', CAIRN_STREAMS_OFF: 'events, chat', CAIRN_DATA_DIR: '/tmp/x/../y' })).toMatchObject({
    PORT: 0,
    CAIRN_MEMORY: 1024 ** 3,
    CAIRN_STREAMS_OFF: ['events', 'chat'],
    CAIRN_DATA_DIR: '/tmp/y',
  })
})

test('all mistakes are named at once, with value and remedy, and a key’s value is not repeated', () => {
  const wrong = { PORT: '70000', CAIRN_MEMRY: '1g', CAIRN_LOG_LEVEL: 'loud', CAIRN_SECRET_KEY: 'short' }
  expect(() => readConfig(wrong)).toThrow(ConfigError)
  expect(() => readConfig(wrong)).toThrow(
    `PORT (is "70000") must be a whole number from 0 to 65535
CAIRN_SECRET_KEY must be 16 to 200 characters out of A-Z a-z 0-9 _ -
CAIRN_LOG_LEVEL (is "loud") must be one of trace, debug, info, warn, error, fatal, silent
CAIRN_MEMRY is not a setting; the settings are listed in docs/settings.md`,
  )
})

test.each([
  ['CAIRN_SCRIPT_NAME', 'api', 'would hide addresses of Cairn itself; choose another name'],
  ['CAIRN_SCRIPT_NAME', 'Hello', 'must be 1 to 64 characters out of a-z 0-9 _ -'],
  ['CAIRN_SCRIPT_NAME', 'x'.repeat(65), 'must be 1 to 64 characters out of a-z 0-9 _ -'],
  ['CAIRN_COLLECT_PATH', '/w/log', 'would hide addresses of Cairn itself; choose another path'],
  ['CAIRN_COLLECT_PATH', '/api/events/log/batch', 'would hide addresses of Cairn itself; choose another path'],
  ...['hello', '/', '/hello/', '/hello//log', '/hello/../api', '/:any', '/*', '/a b', '/%2e'].map((path) => [
    'CAIRN_COLLECT_PATH',
    path,
    'must be a path such as /hello/log, of at most 200 characters out of A-Z a-z 0-9 . _ ~ - /, with no / at the end',
  ]),
])('%s=%s stops the start', (name = '', value = '', message = '') => {
  expect(() => readConfig({ [name]: value })).toThrow(`${name} (is "${value}") ${message}`)
})

test('the script and the second address for batches may lie below one name, but not in each other’s place', () => {
  const { CAIRN_SCRIPT_NAME, CAIRN_COLLECT_PATH } = readConfig({ CAIRN_SCRIPT_NAME: 'hello', CAIRN_COLLECT_PATH: '/hello/log' })
  expect([CAIRN_SCRIPT_NAME, CAIRN_COLLECT_PATH]).toEqual(['hello', '/hello/log'])
  for (const path of ['/hello.js', '/hello.mjs', '/hello/chunks/a'])
    expect(() => readConfig({ CAIRN_SCRIPT_NAME: 'hello', CAIRN_COLLECT_PATH: path })).toThrow('CAIRN_COLLECT_PATH is an address of the script')
})

test('a name whose part is yet to come is no mistake, and is told', () => {
  expect(readConfig({ SMTP_URL: 'smtp://mail.example.com' }).PORT).toBe(4300)
  expect(withoutEffect({ SMTP_URL: 'smtp://mail.example.com', CAIRN_USER_ID_SALT: '' })).toEqual(['SMTP_URL'])
})
