import { accounts } from './en/accounts.ts'
import { boards } from './en/boards.ts'
import { events } from './en/events.ts'
import { insights } from './en/insights.ts'
import { overview } from './en/overview.ts'
import { operations } from './en/operations.ts'
import { sessions } from './en/sessions.ts'
import { settings } from './en/settings.ts'
import { shell } from './en/shell.ts'
import { tasks } from './en/tasks.ts'

/** Everything that screens say, by part of the product. Another language is another set of these files. */
export const texts = { shell, accounts, overview, events, sessions, tasks, insights, boards, operations, settings } as const
