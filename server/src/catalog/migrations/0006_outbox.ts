import type { Migration } from '../migrate.ts'

/**
 * Why: what a transaction of the catalog has decided and the journal does not hold yet: the finished event or record, written with the decision.
 * A node relays its own rows only, since its journal knows which of them it has. `answers` keeps what was answered under an idempotency key.
 * Cost: none. Down forgets what waits; let the server drain first.
 */
export const outbox: Migration = {
  name: '0006_outbox',
  up: [
    `create table outbox (
      seq {identity},
      id text not null unique,
      workspace_id bigint not null references workspaces (id),
      node text not null,
      item text not null,
      created_at bigint not null
    )`,
    `create index outbox_by_node on outbox (node, seq)`,
    `create table answers (
      workspace_id bigint not null references workspaces (id),
      idempotency_key text not null,
      request text not null,
      answer text not null,
      created_at bigint not null,
      primary key (workspace_id, idempotency_key)
    )`,
    `create index answers_by_time on answers (created_at)`,
  ],
  down: ['drop table answers', 'drop table outbox'],
}
