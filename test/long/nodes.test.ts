import { afterAll, beforeAll, expect, test } from 'vitest'
import { nothingWrong, sendAndFollow, startNodes, type Nodes } from '../nodes.ts'

let nodes: Nodes
beforeAll(async () => {
  nodes = await startNodes()
})
afterAll(() => nodes.close())

test('20 kills of either of two nodes, and of their Redis: each event is stored once, and told once to whoever watches', { timeout: 600_000 }, async () => {
  expect(await sendAndFollow(nodes, { kills: 20, type: 'long', redisToo: true })).toEqual(nothingWrong)
})

test('a node that is killed and stays away: the other takes what it had claimed once the claims are over', { timeout: 300_000 }, async () => {
  expect(await sendAndFollow(nodes, { kills: 2, type: 'away', awayMs: 40_000 })).toEqual(nothingWrong)
})

test('a node that sleeps for longer than its claims last: what the other took meanwhile it sets aside', { timeout: 300_000 }, async () => {
  expect(await sendAndFollow(nodes, { kills: 3, type: 'asleep', asleepMs: 33_000 })).toEqual(nothingWrong)
})
