import { useState } from 'react'
import { useActivityTracker } from '@cairn/browser/react'

const goals = ['Ship the spring offer', 'Answer every client within a day', 'Friday afternoons off']

export default function Dashboard({ onPlan }: { onPlan: () => void }) {
  return (
    <>
      <h1>Good morning</h1>
      <p>Three things matter today. The rest can wait.</p>
      <button type="button" onClick={onPlan}>
        Plan my week
      </button>
      <div className="cards">
        <Goals />
        <Suggestion />
        <StandUp />
      </div>
    </>
  )
}

function Goals() {
  const { track, EVENT_TYPES } = useActivityTracker()
  const [done, setDone] = useState<string[]>([])
  return (
    <section className="card" aria-label="Goals">
      <h2>Goals</h2>
      {goals.map((goal, i) => (
        <label key={goal} className="check">
          <input
            type="checkbox"
            checked={done.includes(goal)}
            onChange={() => {
              setDone([...done, goal])
              track(EVENT_TYPES.GOAL_COMPLETED, { entityType: 'goal', entityId: i + 1, metadata: { title: goal } })
            }}
          />
          {goal}
        </label>
      ))}
    </section>
  )
}

function Suggestion() {
  const { track, EVENT_TYPES } = useActivityTracker()
  const [answer, setAnswer] = useState<string>()
  const say = (text: string, type: string) => () => {
    setAnswer(text)
    track(type, { entityType: 'suggestion', entityId: 'quiet-morning', metadata: { confidence: 0.82 } })
  }
  return (
    <section className="card" aria-label="Suggestion">
      <h2>A suggestion</h2>
      <p>{answer ?? 'You write best before ten. Keep tomorrow morning free?'}</p>
      {!answer && (
        <div className="row">
          <button type="button" className="quiet" onClick={say('No hurry then.', EVENT_TYPES.AI_SUGGESTION_DISMISSED)}>
            Not now
          </button>
          <button type="button" onClick={say('Kept free.', EVENT_TYPES.AI_SUGGESTION_ACCEPTED)}>
            Keep it free
          </button>
        </div>
      )}
    </section>
  )
}

function StandUp() {
  const { track, EVENT_TYPES } = useActivityTracker()
  const [isDone, setDone] = useState(false)
  return (
    <section className="card" aria-label="Stand-up">
      <h2>Stand-up</h2>
      {isDone ? (
        <p>Thank you, the team has it.</p>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            // How long, not what: a text of somebody's own has no place in an analysis.
            const length = String(new FormData(event.currentTarget).get('note')).length
            track(EVENT_TYPES.STANDUP_COMPLETED, { metadata: { length } })
            setDone(true)
          }}
        >
          <input name="note" aria-label="What are you at?" placeholder="What are you at?" required />
          <button>Tell the team</button>
        </form>
      )}
    </section>
  )
}
