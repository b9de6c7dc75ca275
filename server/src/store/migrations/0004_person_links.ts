import type { Dictionary } from '../dialect.ts'
import type { Migration } from '../migrate.ts'

export const personRoots: Dictionary = {
  name: 'person_roots',
  columns: 'person_key UInt64, root UInt64',
  key: 'person_key',
  from: 'person_links',
  select:
    'SELECT person_key, newest AS root FROM (SELECT person_key, argMax(root, version) AS newest FROM {from} GROUP BY person_key) WHERE newest != person_key',
}
const indexes = { by_anonymous_id: 'anonymous_id', by_other_id: 'other_id' } as const

/**
 * Which person each id counts to, where that is another id: made from `person_facts` (people/links.ts), so it can be made again from them.
 * The newest version of a key counts; one that leads to itself is not linked any more. Questions ask the dictionary, which holds the newest
 * versions in memory: 100,000 links take some 4 MB.
 * The indexes find the facts about an anonymous id, and the merges with a user from the other side, without reading all of a workspace's.
 * Costs nothing; the links of facts that are there already are made by the start that follows.
 */
export const personLinks: Migration = {
  name: '0004_person_links',
  up: (d) => [
    ...d.createTable({
      name: 'person_links',
      columns: `
  workspace_id UInt32, person_key UInt64, user_id String, anonymous_id String, root UInt64, root_id String,
  facts_to DateTime64(3, 'UTC'), version UInt64`,
      engine: 'ReplacingMergeTree',
      engineArguments: 'version',
      orderBy: '(workspace_id, person_key)',
      shardBy: 'cityHash64(workspace_id, person_key)',
    }),
    ...d.createDictionary(personRoots),
    ...Object.entries(indexes).map(([name, column]) =>
      d.alter('person_facts', `ADD INDEX IF NOT EXISTS ${name} ${column} TYPE bloom_filter(0.01) GRANULARITY 1`),
    ),
  ],
  down: (d) => [
    ...Object.keys(indexes).map((name) => d.alter('person_facts', `DROP INDEX IF EXISTS ${name}`)),
    ...d.dropDictionary(personRoots.name),
    ...d.dropTable('person_links'),
  ],
}
