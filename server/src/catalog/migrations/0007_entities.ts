import type { Migration } from '../migrate.ts'

/**
 * Why: what hosts tell about their things (tasks, projects, …), who is assigned to them, and what people are told about that.
 * `assignment_changes` is what was said, in any order; `assignments` follows from it and is written anew with each change of its entity.
 * Cost: none. Down removes entities, assignments and notifications; the event store's copies go with its own migration.
 */
export const entities: Migration = {
  name: '0007_entities',
  up: [
    `create table entity_types (
      workspace_id bigint not null references workspaces (id),
      entity_type text not null,
      registered_at bigint not null,
      primary key (workspace_id, entity_type)
    )`,
    `create table entities (
      workspace_id bigint not null references workspaces (id),
      entity_type text not null,
      entity_id text not null,
      attributes text not null,
      attribute_times text not null,
      created_at bigint not null,
      updated_at bigint not null,
      deleted_at bigint,
      version bigint not null,
      primary key (workspace_id, entity_type, entity_id)
    )`,
    `create table assignment_changes (
      id {identity},
      workspace_id bigint not null,
      entity_type text not null,
      entity_id text not null,
      at bigint not null,
      change text not null check (change in ('set', 'add', 'remove')),
      user_ids text not null,
      why text not null,
      reason text,
      note text,
      foreign key (workspace_id, entity_type, entity_id) references entities (workspace_id, entity_type, entity_id)
    )`,
    `create index assignment_changes_by_entity on assignment_changes (workspace_id, entity_type, entity_id, at, id)`,
    `create table assignments (
      workspace_id bigint not null,
      entity_type text not null,
      entity_id text not null,
      place integer not null,
      user_id text not null,
      assigned_at bigint not null,
      unassigned_at bigint,
      why text,
      reason text,
      note text,
      primary key (workspace_id, entity_type, entity_id, place),
      foreign key (workspace_id, entity_type, entity_id) references entities (workspace_id, entity_type, entity_id)
    )`,
    `create index assignments_by_user on assignments (workspace_id, user_id, entity_type, assigned_at)`,
    `create table notifications (
      id text not null primary key,
      workspace_id bigint not null references workspaces (id),
      user_id text not null,
      kind text not null,
      entity_type text not null,
      entity_id text not null,
      data text not null,
      created_at bigint not null,
      read_at bigint
    )`,
    `create index notifications_by_user on notifications (workspace_id, user_id, created_at, id)`,
  ],
  down: ['notifications', 'assignments', 'assignment_changes', 'entities', 'entity_types'].map((table) => `drop table ${table}`),
}
