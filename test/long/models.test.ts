/** The models of tasks, people and sessions over many histories: `MODEL_RUNS` of each, 40 unless it says otherwise. */
import '../engagement.model.test.ts'
import '../people.model.test.ts'
import '../sessions.model.test.ts'

process.env['MODEL_RUNS'] ??= '40'
