import { NativeSelect } from '@mantine/core'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useAccount } from '../account.tsx'
import { texts } from '../texts/texts.ts'

const t = texts.shell
const NEW = ' new'

/** The machine's own list: on a phone it opens as the phone's, and it can be typed into. */
export function WorkspaceSwitch() {
  const { workspace } = useParams({ strict: false }) as { workspace: string }
  const { workspaces } = useAccount()
  const navigate = useNavigate()
  const mayMake = workspaces.some(({ role }) => role === 'owner' || role === 'admin')
  return (
    <NativeSelect
      size="sm"
      aria-label={t.workspace}
      value={workspace}
      data={[...workspaces.map(({ slug, name }) => ({ value: slug, label: name })), ...(mayMake ? [{ value: NEW, label: t.newWorkspace }] : [])]}
      onChange={({ currentTarget: { value } }) => {
        if (value === NEW) void navigate({ to: '/account', search: { new: 'workspace' } })
        else void navigate({ to: `/w/${value}/overview` })
      }}
    />
  )
}
