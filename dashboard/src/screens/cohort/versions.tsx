import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { ask } from '../../api/queries.ts'
import { texts } from '../../texts/texts.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Faces, Failure } from '../../ui/faces.tsx'
import { Records, type Field } from '../../ui/records.tsx'
import { When } from '../../ui/when.tsx'
import type { Cohort } from '../cohort.tsx'

const t = texts.boards.cohorts.versions
/** As many as are kept. */
const MOST = 100

/** How a cohort was, newest first; an older one is said anew. */
export function Versions({ cohort, close }: { cohort: Cohort; close: () => void }) {
  const { slug: workspace, may } = useWorkspace()
  const queries = useQueryClient()
  const params = { id: cohort.id }
  const versions = useQuery(ask('cohortVersions', { workspace, params, query: { limit: MOST } }))
  const restore = useMutation({
    mutationFn: ({ name, description, type, definition }: Cohort) =>
      call('putCohort', { workspace, params, body: { name, description, type, definition, version: cohort.version } }),
    onSuccess: async (saved) => {
      queries.setQueryData(ask('getCohort', { workspace, params }).queryKey, saved)
      await Promise.all(['listCohorts', 'cohortVersions', 'query'].map((name) => queries.invalidateQueries({ queryKey: [name] })))
      close()
    },
  })
  return (
    <Dialog title={t.title} close={close} wide>
      {restore.error && <Failure error={restore.error} title={texts.shell.faces.notDone} />}
      <Faces of={versions}>
        {({ versions: known }) => (
          <Records
            label={t.title}
            minWidth={420}
            of={known}
            keyOf={({ version }) => String(version)}
            fields={fieldsOf(cohort.version, may('analyst') ? (version) => restore.mutate(version) : undefined)}
          />
        )}
      </Faces>
    </Dialog>
  )
}

const fieldsOf = (current: number, restore: ((version: Cohort) => void) | undefined): ReadonlyArray<Field<Cohort>> => [
  { head: t.version, cell: ({ version, name }) => `${version}. ${name}` },
  { head: t.by, cell: ({ updated_by }) => updated_by },
  { head: t.when, cell: ({ updated_at }) => <When at={updated_at} /> },
  {
    head: t.restore,
    isAction: true,
    cell: (version: Cohort) =>
      restore &&
      version.version !== current && (
        <Button size="compact-sm" variant="default" aria-label={`${t.restore}: ${version.version}`} onClick={() => restore(version)}>
          {t.restore}
        </Button>
      ),
  },
]
