import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCairn, type TestCairn } from './cairn.ts'
import { answerable, type Answerable } from './oracle/answer.ts'
import { hold } from './oracle/hold.ts'

let cairn: TestCairn
beforeAll(async () => {
  // So few that most are counted in several passes.
  cairn = await startCairn({}, { rowsAtOnce: 40 })
})
afterAll(() => cairn.close())

const QUESTIONS = 50

test('every answer is what brute force over the events comes to', { timeout: 7_200_000 }, async () => {
  const { MODEL_RUNS: dataSets = '20', ORACLE_KINDS: only, ORACLE_SEED: seed } = process.env
  const kinds = only === undefined ? answerable : (only.split(',') as Answerable['kind'][])
  const asked = await hold(cairn, { dataSets: Number(dataSets), questions: QUESTIONS, kinds, seed: seed === undefined ? undefined : Number(seed) })
  expect(asked).toBe(Number(dataSets) * QUESTIONS)
})
