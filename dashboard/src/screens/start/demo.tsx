import { Button, Progress, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { AnswerOf } from '@cairn/wire/api'
import { useEffect } from 'react'
import { useAccount } from '../../account.tsx'
import { call, type ApiError } from '../../api/client.ts'
import { ask } from '../../api/queries.ts'
import { texts } from '../../texts/texts.ts'
import { Faces, Failure, Waiting } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'

const t = texts.overview.start.demo
const ASK_MS = 1_000
type DemoAnswer = AnswerOf<'getDemo'>

/** A month of made-up data in a workspace of its own, for whoever wants to look before sending anything. */
export function Demo() {
  const { workspaces } = useAccount()
  const queries = useQueryClient()
  const question = ask('getDemo')
  const demo = useQuery({ ...question, refetchInterval: ({ state }) => (state.data?.state === 'loading' || state.data?.state === 'removing' ? ASK_MS : false) })
  const load = useMutation<DemoAnswer, ApiError>({
    mutationFn: () => call('loadDemo', { body: {} as never }),
    onSuccess: (answer) => {
      queries.setQueryData(question.queryKey, answer)
      void queries.invalidateQueries({ queryKey: ['getAccount'] })
    },
  })
  const isMember = workspaces.some(({ slug }) => slug === demo.data?.workspace)
  const isReady = demo.data?.state === 'ready'
  useEffect(() => {
    // The list of workspaces does not have it yet.
    if (isReady && !isMember && load.isSuccess) void queries.invalidateQueries({ queryKey: ['getAccount'] })
  }, [isReady, isMember, load.isSuccess, queries])
  return (
    <Stack gap="sm" align="flex-start">
      <Text size="sm" c="dimmed">
        {t.text}
      </Text>
      <Faces of={demo} waiting={<Waiting rows={1} height={36} />}>
        {(answer) => <State demo={answer} isMember={isMember} load={load.mutate} isPending={load.isPending} />}
      </Faces>
      {load.error && <Failure error={load.error} />}
    </Stack>
  )
}

/** Each state of the demo has its own words, and at most one thing to do. */
function State({ demo, isMember, load, isPending }: { demo: DemoAnswer; isMember: boolean; load: () => void; isPending: boolean }) {
  const { workspaces } = useAccount()
  const { number } = useFormat()
  const mayLoad = workspaces.some(({ role }) => role === 'owner' || role === 'admin')
  const button = (label: string) =>
    mayLoad ? (
      <Button variant="default" loading={isPending} onClick={load}>
        {label}
      </Button>
    ) : (
      <Text size="sm">{demo.state === 'ready' ? t.noMember : t.noAdmin}</Text>
    )
  switch (demo.state) {
    case 'absent':
      return button(t.load)
    case 'loading':
      return (
        <Stack gap={6} w="100%" role="status">
          <Progress value={(100 * demo.events) / Math.max(1, demo.events_total)} aria-label={t.progress} />
          <Text size="sm">{demo.events_total === 0 ? t.progress : t.loading(number(demo.events), number(demo.events_total))}</Text>
        </Stack>
      )
    case 'removing':
      return (
        <Text size="sm" role="status">
          {t.removing}
        </Text>
      )
    case 'failed':
      return (
        <>
          <Text size="sm" role="alert">
            {demo.message ?? t.failed}
          </Text>
          {button(t.again)}
        </>
      )
    case 'ready':
      break
  }
  if (!isMember) return button(t.open)
  return (
    <>
      <Text size="sm" role="status">
        {t.ready}
      </Text>
      <Button renderRoot={(props) => <Link {...props} to={`/w/${demo.workspace}/overview`} />}>{t.open}</Button>
    </>
  )
}
