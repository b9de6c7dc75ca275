import type { Migration } from '../migrate.ts'

/**
 * Why: visitors whose browser stores nothing are counted by a hash with a salt of the day, which every node has to know and nobody afterwards.
 * Cost: two rows at any time. Down forgets them: who comes again that day is counted once more.
 */
export const visitorSalts: Migration = {
  name: '0005_visitor_salts',
  up: [`create table visitor_salts (day integer not null primary key, salt text not null)`],
  down: [`drop table visitor_salts`],
}
