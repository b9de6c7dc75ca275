import { useRef, useState } from 'react'
// #region track
import { useActivityTracker } from '@cairn/browser/react'

function CreateProject({ onCreate }: { onCreate: (name: string) => number }) {
  const { track, EVENT_TYPES } = useActivityTracker()
  const create = (form: FormData) => {
    const name = String(form.get('name'))
    const id = onCreate(name)
    track(EVENT_TYPES.PROJECT_CREATED, { entityType: 'project', entityId: id, metadata: { name } })
  }
  return (
    <form action={create}>
      <input name="name" aria-label="Name" required />
      <button>Create</button>
    </form>
  )
}
// #endregion

interface Project {
  id: number
  name: string
  steps: string[]
  done: string[]
}
const first: Project[] = [
  { id: 1, name: 'Spring offer', steps: ['Draft', 'Prices', 'Send'], done: ['Draft'] },
  { id: 2, name: 'New website', steps: ['Photographs', 'Words', 'Publish'], done: [] },
]

export default function Projects() {
  const { track, EVENT_TYPES } = useActivityTracker()
  const [projects, setProjects] = useState(first)
  const [query, setQuery] = useState('')
  const [openId, setOpenId] = useState<number>()
  const dialog = useRef<HTMLDialogElement>(null)

  const create = (name: string): number => {
    const id = projects.length + 1
    setProjects([...projects, { id, name, steps: ['First step'], done: [] }])
    dialog.current?.close()
    return id
  }
  const complete = (project: Project, step: string) => {
    const done = [...project.done, step]
    setProjects(projects.map((other) => (other === project ? { ...project, done } : other)))
    const about = { entityType: 'project', entityId: project.id }
    track(EVENT_TYPES.PROJECT_SUBTASK_COMPLETED, { ...about, metadata: { step } })
    if (done.length === project.steps.length) track(EVENT_TYPES.PROJECT_COMPLETED, { ...about, metadata: { steps: done.length }, immediate: true })
  }

  return (
    <>
      <h1>Projects</h1>
      <div className="row">
        <form
          role="search"
          onSubmit={(event) => {
            event.preventDefault()
            const text = String(new FormData(event.currentTarget).get('q'))
            setQuery(text.toLowerCase())
            track(EVENT_TYPES.SEARCH_PERFORMED, { entityType: 'project', metadata: { query: text } })
          }}
        >
          <input name="q" aria-label="Search projects" placeholder="Search" />
        </form>
        <button
          type="button"
          onClick={() => {
            dialog.current?.showModal()
            track(EVENT_TYPES.MODAL_OPENED, { entityType: 'modal', entityId: 'new-project' })
          }}
        >
          New project
        </button>
      </div>
      <dialog ref={dialog} className="card" aria-label="New project">
        <CreateProject onCreate={create} />
      </dialog>
      <div className="cards">
        {projects
          .filter(({ name }) => name.toLowerCase().includes(query))
          .map((project) => (
            <section key={project.id} className="card" aria-label={project.name}>
              <button
                type="button"
                className="title"
                aria-expanded={openId === project.id}
                onClick={() => {
                  setOpenId(project.id)
                  track(EVENT_TYPES.PROJECT_OPENED, { entityType: 'project', entityId: project.id })
                }}
              >
                {project.name}
              </button>
              <progress value={project.done.length} max={project.steps.length} aria-label="Done" />
              {openId === project.id &&
                project.steps.map((step) => (
                  <label key={step} className="check">
                    <input type="checkbox" checked={project.done.includes(step)} onChange={() => complete(project, step)} />
                    {step}
                  </label>
                ))}
            </section>
          ))}
      </div>
    </>
  )
}
