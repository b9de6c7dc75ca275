import { useRef, useState } from 'react'
// #region own
import { defineEventTypes, type Timed } from '@cairn/browser'
import { useActivityTracker } from '@cairn/browser/react'

const { EMAIL_READ } = defineEventTypes(['email_read'])
// #endregion

const inbox = [
  { id: 'm1', from: 'Grace Hopper', subject: 'The compiler is ready', text: 'It found the moth all by itself. When shall we show it?' },
  { id: 'm2', from: 'Mary Somerville', subject: 'Your notes', text: 'I have read them twice, and on Thursday I shall read them again.' },
  { id: 'm3', from: 'Charles Babbage', subject: 'Street musicians', text: 'They are below my window once more. I propose a law.' },
]

export default function Mail() {
  const { track, trackTimed, EVENT_TYPES } = useActivityTracker()
  const [mails, setMails] = useState(inbox)
  const [openId, setOpenId] = useState<string>()
  const reading = useRef<Timed>(undefined)
  const mail = mails.find(({ id }) => id === openId)

  const open = (id: string) => {
    setOpenId(id)
    track(EVENT_TYPES.EMAIL_OPENED, { entityType: 'email', entityId: id })
    reading.current?.complete()
    reading.current = trackTimed(EMAIL_READ, { entityType: 'email', entityId: id })
  }
  const leave = (type: string) => {
    track(type, { entityType: 'email', entityId: openId })
    reading.current?.complete({ ended_by: type })
    if (type === EVENT_TYPES.EMAIL_ARCHIVED) setMails(mails.filter(({ id }) => id !== openId))
    setOpenId(undefined)
  }

  return (
    <>
      <h1>E-mail</h1>
      <div className="cards">
        <ul className="card list" aria-label="Inbox">
          {mails.map(({ id, from, subject }) => (
            <li key={id}>
              <button type="button" className="title" aria-current={id === openId || undefined} onClick={() => open(id)}>
                {subject}
                <small>{from}</small>
              </button>
            </li>
          ))}
        </ul>
        {mail && (
          <article className="card" aria-label={mail.subject}>
            <h2>{mail.subject}</h2>
            <p>{mail.text}</p>
            <div className="row">
              <button type="button" className="quiet" onClick={() => leave(EVENT_TYPES.EMAIL_ARCHIVED)}>
                Archive
              </button>
              <button type="button" onClick={() => leave(EVENT_TYPES.EMAIL_REPLIED)}>
                Thank them
              </button>
            </div>
          </article>
        )}
      </div>
    </>
  )
}
