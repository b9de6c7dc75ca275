import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCairn, type TestCairn } from '../cairn.ts'
import { answerable } from '../oracle/answer.ts'
import { hold } from '../oracle/hold.ts'

let cairn: TestCairn
beforeAll(async () => {
  cairn = await startCairn()
})
afterAll(() => cairn.close())

test('100,000 questions of every kind are answered as brute force over the events does', { timeout: 6 * 3_600_000 }, async () => {
  const dataSets = Number(process.env['MODEL_RUNS'] ?? 2_000)
  const asked = await hold(cairn, { dataSets, questions: 50, kinds: answerable })
  expect(asked).toBe(dataSets * 50)
})
