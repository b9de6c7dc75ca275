import { setTimeout as sleep } from 'node:timers/promises'
import { makeLog } from '../server/src/base/log.ts'
import { singleDialect } from '../server/src/store/dialect.ts'
import { EmbeddedEngine } from '../server/src/store/engine.ts'
import { makeStore, type Store } from '../server/src/store/store.ts'
import { migrateUp } from '../server/src/store/migrate.ts'

/** Events of workspace 1 made inside the engine: 20 types, 100,000 people (a person to 100 events from 10 million on) with a long tail, sessions of about five events, 60 days. */
const CHUNK = 500_000

export async function openStoreIn(dataDir: string): Promise<{ store: Store; pid: () => number | undefined; close: () => Promise<void> }> {
  const engine = new EmbeddedEngine({ dataDir, memoryBytes: 2 * 1024 ** 3, log: makeLog('error'), clock: { now: () => Date.now() } })
  await engine.start()
  const store = makeStore({ url: engine.url, ...(engine.agent ? { agent: engine.agent } : {}), dialect: singleDialect({ segmentSource: 'file' }) })
  await migrateUp(store)
  return {
    store,
    pid: () => engine.status().pid,
    close: async () => {
      await store.close()
      await engine.stop()
    },
  }
}

/** Fills workspace 1 of a data folder that no server uses; all events are about 5,000 things of one type. */
export async function fill(dataDir: string, events: number, { entityType = 'project' } = {}): Promise<void> {
  const { store, close } = await openStoreIn(dataDir)
  const now = Date.now()
  const people = Math.max(100_000, events / 100)
  for (let from = 0; from < events; from += CHUNK) {
    const rows = Math.min(CHUNK, events - from)
    // Time falls with the number, so chunks come as days go by, a few days to a chunk.
    await store.command(
      `INSERT INTO cairn.events (workspace_id, event_id, event_type, event_category, event_action, user_id, anonymous_id, person_key, session_id, session_key, entity_type, entity_id,
  event_metadata, metadata, context_snapshot, device_type, duration_ms, event_timestamp, received_at, seq, browser, os, is_bot, url_path, channel, key_id, tracker, source)
SELECT 1, generateUUIDv4(), arrayElement(types, 1 + toUInt32(20 * pow(rand(1) / 4294967296, 2))) AS event_type, splitByChar('_', event_type)[1], substring(event_type, position(event_type, '_') + 1),
  concat('user_', toString(toUInt32(${people} * pow(rand(2) / 4294967296, 2)))) AS user_id, '', cityHash64(toUInt32(1), 'u', user_id), concat('s_', toString(intDiv(n, 5))) AS session_id,
  cityHash64(toUInt32(1), session_id), '${entityType}', toString(rand(3) % 5000),
  concat('{"plan":"', arrayElement(['free', 'pro', 'team'], 1 + rand(4) % 3), '","value":', toString(rand(5) % 1000), ',"path":"/projects/', toString(rand(3) % 5000), '"}') AS event_metadata,
  event_metadata, '', arrayElement(['desktop', 'mobile', 'tablet'], 1 + rand(6) % 3), if(rand(7) % 3 = 0, rand(7) % 30000, NULL),
  fromUnixTimestamp64Milli(toInt64(${now} - 60 * 86400000 + (n / ${events}) * 60 * 86400000 + rand(8) % 3600000 - 3600000), 'UTC') AS at, at, NULL, 'Chrome', 'Windows', rand(9) % 50 = 0,
  concat('/projects/', toString(rand(3) % 5000)), 'Direct', 'key', '', 'import'
FROM (SELECT number + ${from} AS n, ['page_viewed','task_viewed','project_opened','email_opened','search_performed','task_commented','modal_opened','project_created','task_updated','goal_created','email_replied','email_archived','calendar_event_opened','calendar_view_changed','standup_completed','ai_wizard_started','ai_suggestion_accepted','task_assigned','task_rejected','goal_completed'] AS types FROM numbers(${rows}))`,
      { settings: { insert_deduplication_token: `fill-${from}`, max_insert_threads: 1, max_threads: 1, max_memory_usage: 4_000_000_000 } },
    )
  }
  for (const [path, type, example] of [
    ['plan', 'string', 'free'],
    ['value', 'number', '1'],
    ['path', 'string', '/projects/1'],
  ]) {
    await store.command(`INSERT INTO cairn.event_properties (workspace_id, event_type, path, value_type, example, person_key, event_timestamp, seen_at)
SELECT DISTINCT 1, event_type, '${path}', '${type}', '${example}', 0, now64(3), now64(3) FROM cairn.event_types WHERE workspace_id = 1`)
  }
  // A table that is merged: merging beside the questions would be measured with them.
  for (;;) {
    const { rows } = await store.query<{ merges: string; parts: string }>({
      text: "SELECT (SELECT count() FROM system.merges) AS merges, (SELECT count() FROM system.parts WHERE active AND table = 'events') AS parts",
      params: {},
    })
    if (rows[0]?.merges === '0') {
      console.log(`${rows[0].parts} parts`)
      break
    }
    await sleep(500)
  }
  await close()
}
