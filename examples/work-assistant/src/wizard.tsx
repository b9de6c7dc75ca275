import { useEffect, useRef, useState } from 'react'
import { useActivityTracker } from '@cairn/browser/react'

const questions = ['What has to be done this week?', 'What would be good to have?', 'When are you at your best?']

export function Wizard({ onClose }: { onClose: () => void }) {
  // #region timed
  const { track, trackTimed, EVENT_TYPES } = useActivityTracker()
  const [planning] = useState(() => trackTimed(EVENT_TYPES.AI_WIZARD_COMPLETED, { entityType: 'wizard', entityId: 'week' }))
  const finish = (answers: string[]) => {
    planning.complete({ answers: answers.length })
    onClose()
  }
  const giveUp = () => {
    planning.cancel()
    onClose()
  }
  // #endregion
  const dialog = useRef<HTMLDialogElement>(null)
  const hasBegun = useRef(false)
  const [answers, setAnswers] = useState<string[]>([])
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal()
    // StrictMode runs an effect twice; somebody has begun once.
    if (!hasBegun.current) track(EVENT_TYPES.AI_WIZARD_STARTED, { entityType: 'wizard', entityId: 'week' })
    hasBegun.current = true
  }, [track, EVENT_TYPES])

  return (
    <dialog ref={dialog} className="card" aria-label="Plan my week" onCancel={giveUp}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const said = [...answers, String(new FormData(event.currentTarget).get('answer'))]
          event.currentTarget.reset()
          if (said.length === questions.length) finish(said)
          else setAnswers(said)
        }}
      >
        <label>
          {questions[answers.length]}
          <input name="answer" required autoFocus />
        </label>
        <div className="row">
          <button type="button" className="quiet" onClick={giveUp}>
            Not now
          </button>
          <button>{answers.length + 1 === questions.length ? 'Make the plan' : 'Next'}</button>
        </div>
      </form>
    </dialog>
  )
}
