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

test('a name whose part is yet to come is no mistake, and is told', () => {
  expect(readConfig({ SMTP_URL: 'smtp://mail.example.com' }).PORT).toBe(4300)
  expect(withoutEffect({ SMTP_URL: 'smtp://mail.example.com', REDIS_URL: '' })).toEqual(['SMTP_URL'])
})
