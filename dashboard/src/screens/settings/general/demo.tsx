import { Anchor, Button, Loader, Group, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useAccount, useWorkspace } from '../../../account.tsx'
import { call } from '../../../api/client.ts'
import { ask } from '../../../api/queries.ts'
import { texts } from '../../../texts/texts.ts'
import { Faces, Failure, Waiting } from '../../../ui/faces.tsx'
import { said } from '../../../ui/notice.ts'
import { Section } from '../../../ui/section.tsx'
import { Confirm } from '../confirm.tsx'
import { useLeaving } from '../use-leaving.ts'

const t = texts.settings.general
const DEMO = 'demo'
/** Removing takes seconds; its end is noticed within one. */
const ASK_AGAIN_MS = 1_000

/** In the demo workspace: how to get rid of it. Elsewhere: where to find it, if it is there. */
export function Demo() {
  const { slug } = useWorkspace()
  const { workspaces } = useAccount()
  if (slug === DEMO) return <RemoveDemo />
  if (!workspaces.some((workspace) => workspace.slug === DEMO)) return null
  return (
    <Section title={t.demo} lead={t.demoElsewhere}>
      <Anchor size="sm" renderRoot={(props) => <Link {...props} to={`/w/${DEMO}/settings`} />}>
        {t.demoOpen}
      </Anchor>
    </Section>
  )
}

function RemoveDemo() {
  const { may } = useWorkspace()
  const queries = useQueryClient()
  const leave = useLeaving()
  const [isAsking, setAsking] = useState(false)
  const wasRemoved = useRef(false)
  const demo = useQuery({
    ...ask('getDemo'),
    refetchInterval: ({ state }) => (state.data?.state === 'removing' || state.data?.state === 'loading' ? ASK_AGAIN_MS : false),
  })
  const remove = useMutation({
    mutationFn: () => call('removeDemo'),
    onSuccess: (answer) => {
      wasRemoved.current = true
      setAsking(false)
      queries.setQueryData(ask('getDemo').queryKey, answer)
    },
  })
  const isGone = demo.data?.state === 'absent'
  useEffect(() => {
    if (!isGone || !wasRemoved.current) return
    wasRemoved.current = false
    void leave().then(() => said(t.demoRemoved))
  }, [isGone, leave])

  return (
    <Section title={t.demo} lead={t.demoLead}>
      <Faces of={demo} waiting={<Waiting rows={1} />}>
        {({ state, message }) => (
          <>
            {state === 'failed' && <Failure error={new Error(message)} title={message ?? texts.shell.faces.notDone} />}
            {(state === 'removing' || state === 'loading') && (
              <Group gap="xs" role="status">
                <Loader size="xs" />
                <Text size="sm">{state === 'removing' ? t.demoRemoving : t.demoLoading}</Text>
              </Group>
            )}
            {(state === 'ready' || state === 'failed') &&
              (may('owner') ? (
                <Group>
                  <Button color="red" variant="light" onClick={() => setAsking(true)}>
                    {t.demoRemove}
                  </Button>
                </Group>
              ) : (
                <Text size="sm">{t.demoOwner}</Text>
              ))}
          </>
        )}
      </Faces>
      {isAsking && (
        <Confirm title={t.demoRemoveTitle} confirm={t.demoRemove} close={() => setAsking(false)} act={remove}>
          {t.demoRemoveText}
        </Confirm>
      )}
    </Section>
  )
}
