import { Anchor, Group, Stack, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useWorkspace } from '../account.tsx'
import { askPages } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import { Empty, Faces, Waiting } from '../ui/faces.tsx'
import { useFormat } from '../ui/format.ts'
import { More } from '../ui/more.tsx'
import { Screen } from '../ui/screen.tsx'
import { UrlField } from '../ui/url-field.tsx'
import { useUrl } from '../url.ts'
import { Project } from './projects/project.tsx'
import classes from './projects/projects.module.css'
import { First } from './tasks/first.tsx'

const t = texts.tasks.projects
const PAGE = 50

/** Projects, each held against what completed ones came to. */
export function Projects() {
  const { entity_types: types } = useWorkspace()
  return (
    <Screen title={t.title} lead={t.lead}>
      {types.includes('project') ? <All /> : <First type="project" title={t.noneTitle} lead={t.noneLead} snippet={t.snippet} />}
    </Screen>
  )
}

function All() {
  const { slug } = useWorkspace()
  const { search, status } = useUrl()
  const asked = useInfiniteQuery(askPages('listAgainstBaseline', { workspace: slug, query: { search, status, limit: PAGE } }))
  const projects = asked.data?.pages.flatMap((page) => page.projects) ?? []
  return (
    <Stack gap="md">
      <Group gap="xs">
        <UrlField name="search" label={t.search} isSearch />
        <UrlField name="status" label={t.status} />
      </Group>
      <Faces of={asked} waiting={<Waiting rows={6} height={112} />}>
        {({ pages }) => (
          <>
            <Calculated at={pages[0]?.calculated_at ?? null} />
            {projects.length === 0 ? (
              <Empty title={t.emptyTitle}>{t.empty}</Empty>
            ) : (
              <ul className={classes['projects']} aria-label={t.label}>
                {projects.map((project) => (
                  <Project key={project.project_id} {...project} />
                ))}
              </ul>
            )}
            {asked.hasNextPage && (
              <div>
                <More of={asked}>{t.more}</More>
              </div>
            )}
          </>
        )}
      </Faces>
    </Stack>
  )
}

function Calculated({ at }: { at: string | null }) {
  const { slug } = useWorkspace()
  const { ago } = useFormat()
  return (
    <Text size="sm" c={at === null ? 'var(--mantine-color-text)' : 'dimmed'}>
      {at === null ? t.never : t.calculated(ago(at))}{' '}
      {at === null && (
        <Anchor size="sm" renderRoot={(props) => <Link {...props} to={`/w/${slug}/jobs`} />}>
          {t.jobs}
        </Anchor>
      )}
    </Text>
  )
}
