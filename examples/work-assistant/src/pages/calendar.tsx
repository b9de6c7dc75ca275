import { useState } from 'react'
import { useActivityTracker } from '@cairn/browser/react'

const views = ['day', 'week', 'month'] as const
const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday']
const first = [
  { id: 'c1', day: 'Monday', title: 'Stand-up' },
  { id: 'c2', day: 'Wednesday', title: 'Tea with Mary' },
]

export default function Calendar() {
  const { track, EVENT_TYPES } = useActivityTracker()
  const [view, setView] = useState<(typeof views)[number]>('week')
  const [events, setEvents] = useState(first)
  const [opened, setOpened] = useState<string>()
  const shown = view === 'day' ? days.slice(0, 1) : days

  return (
    <>
      <h1>Calendar</h1>
      <div className="row" role="group" aria-label="View">
        {views.map((name) => (
          <button
            key={name}
            type="button"
            className={name === view ? '' : 'quiet'}
            aria-pressed={name === view}
            onClick={() => {
              setView(name)
              track(EVENT_TYPES.CALENDAR_VIEW_CHANGED, { metadata: { from: view, to: name } })
            }}
          >
            {name}
          </button>
        ))}
      </div>
      <div className="days">
        {shown.map((day) => (
          <section key={day} className="card" aria-label={day}>
            <h2>{day}</h2>
            {events
              .filter((event) => event.day === day)
              .map(({ id, title }) => (
                <button
                  key={id}
                  type="button"
                  className="title"
                  aria-expanded={opened === id}
                  onClick={() => {
                    setOpened(id)
                    track(EVENT_TYPES.CALENDAR_EVENT_OPENED, { entityType: 'calendar_event', entityId: id })
                  }}
                >
                  {title}
                </button>
              ))}
            <button
              type="button"
              className="quiet"
              aria-label={`Keep ${day} free`}
              onClick={() => {
                const id = `c${events.length + 1}`
                setEvents([...events, { id, day, title: 'Kept free' }])
                track(EVENT_TYPES.CALENDAR_EVENT_CREATED, { entityType: 'calendar_event', entityId: id, metadata: { day } })
              }}
            >
              +
            </button>
          </section>
        ))}
      </div>
    </>
  )
}
