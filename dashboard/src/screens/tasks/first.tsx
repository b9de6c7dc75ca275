import { Anchor, Group, Stack } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useWorkspace } from '../../account.tsx'
import { texts } from '../../texts/texts.ts'
import { Copyable } from '../../ui/copy.tsx'
import { Empty } from '../../ui/faces.tsx'

const t = texts.tasks.none

/** Where the host has told of no entity of a type: how to tell of the first one. */
export function First({ type, title, lead, snippet }: { type: keyof typeof commands; title: string; lead: string; snippet: string }) {
  const { slug } = useWorkspace()
  return (
    <Empty
      title={title}
      action={
        <Stack gap="sm" w="100%" mt="xs">
          <Copyable value={commands[type](window.location.origin)} label={snippet} />
          <Group gap="md">
            <Anchor size="sm" renderRoot={(props) => <Link {...props} to={`/w/${slug}/settings/keys`} />}>
              {t.keys}
            </Anchor>
            <Anchor size="sm" href="/api/docs">
              {t.docs}
            </Anchor>
          </Group>
        </Stack>
      }
    >
      {lead}
    </Empty>
  )
}

const put = (address: string, body: string): string => `curl -X PUT ${address} \\
  -H "Authorization: Bearer YOUR_SECRET_KEY" \\
  -H "Content-Type: application/json" \\
  -d '${body}'`

const commands = {
  task: (host: string): string =>
    put(
      `${host}/api/tasks/42`,
      `{"attributes": {"title": "Paint the fence", "status": "open", "project_id": "p7"},
       "assignees": ["ada"]}`,
    ),
  project: (host: string): string =>
    put(
      `${host}/api/entities/project/p7`,
      `{"attributes": {"title": "The garden", "status": "open", "type": "outdoors",
       "start_date": "2026-11-02"}}`,
    ),
}
