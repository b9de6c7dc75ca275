import { accounts } from './accounts.ts'
import { boards } from './boards.ts'
import { events } from './events.ts'
import { insights } from './insights.ts'
import { overview } from './overview.ts'
import { operations } from './operations.ts'
import { sessions } from './sessions.ts'
import { settings } from './settings.ts'
import { shell } from './shell.ts'
import { tasks } from './tasks.ts'
import { vocabulary } from './vocabulary.ts'

import type { Texts } from '../texts.ts'

export const texts: Texts = { shell, accounts, overview, events, sessions, tasks, insights, vocabulary, boards, operations, settings }
