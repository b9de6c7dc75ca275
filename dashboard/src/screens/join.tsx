import { Alert, Anchor, Button, Stack, Text } from '@mantine/core'
import type { AnswerOf } from '@cairn/wire/api'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useLocation, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Account } from '../account.tsx'
import { ApiError, call } from '../api/client.ts'
import { ask } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import { Failure, Waiting } from '../ui/faces.tsx'
import { useFormat } from '../ui/format.ts'
import { tokenOf } from './entrance/address.ts'
import { Door } from './entrance/door.tsx'
import { checks, faultsOf, hasFaults, type Faults } from './entrance/fields.ts'
import { PersonFields } from './entrance/person-fields.tsx'
import { useSignedIn } from './entrance/use-signed-in.ts'
import { Form } from '../ui/form.tsx'

const t = texts.accounts.join
const notDone = texts.shell.faces.notDone
type Invitation = AnswerOf<'readInvitation'>

/** Where the link of an invitation leads. */
export function Join() {
  const token = tokenOf(useLocation({ select: ({ hash }) => hash }))
  const format = useFormat()
  const invitation = useQuery<Invitation>({
    // Reading is a POST, so that the token stands in no address.
    queryKey: ['readInvitation', token],
    queryFn: ({ signal }) => call('readInvitation', { body: { token }, signal }),
    enabled: token !== '',
    retry: false,
  })
  const account = useQuery(ask('getAccount'))

  if (token === '') return <Message title={t.noTokenTitle} text={t.noToken} />
  const { error } = invitation
  if (error instanceof ApiError && GONE.includes(error.status)) return <Message title={t.goneTitle} text={t.gone} />
  if (error)
    return (
      <Door title={t.plainTitle}>
        <Failure error={error} again={() => void invitation.refetch()} />
      </Door>
    )
  if (!invitation.data || account.isPending)
    return (
      <Door title={t.plainTitle}>
        <Waiting rows={5} height={48} />
      </Door>
    )
  const { workspace, role, expires_at } = invitation.data
  return (
    <Door title={t.title(workspace)} lead={t.as(texts.accounts.roles[role].name)} below={t.until(format.time(expires_at))}>
      <Text size="sm">{texts.accounts.roles[role].may}</Text>
      {account.data ? <JoinAs account={account.data} invitation={invitation.data} token={token} /> : <JoinNew invitation={invitation.data} token={token} />}
    </Door>
  )
}
/** Unknown, used, taken back or expired; not of the shape of a token. */
const GONE = [404, 422]

const Message = ({ title, text }: { title: string; text: string }) => (
  <Door title={title}>
    <Text>{text}</Text>
    <Anchor href="/">{t.home}</Anchor>
  </Door>
)

function useJoined(before: readonly string[]): (account: Account) => Promise<void> {
  const signedIn = useSignedIn()
  const navigate = useNavigate()
  return async (account) => {
    signedIn(account)
    const joined = account.workspaces.find(({ slug }) => !before.includes(slug)) ?? account.workspaces[0]
    await navigate({ to: joined ? `/w/${joined.slug}/overview` : '/account', replace: true })
  }
}

function JoinAs({ account, invitation, token }: { account: Account; invitation: Invitation; token: string }) {
  const queries = useQueryClient()
  const joined = useJoined(account.workspaces.map(({ slug }) => slug))
  const join = useMutation({ mutationFn: () => call('acceptInvitation', { body: { token } }), onSuccess: joined })
  const signOut = useMutation({ mutationFn: () => call('signOut', { body: {} as never }), onSuccess: () => queries.resetQueries({ queryKey: ['getAccount'] }) })
  const isForAnother = invitation.email !== null && invitation.email.toLowerCase() !== account.user.email.toLowerCase()
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        {t.signedInAs(account.user.email)}
      </Text>
      {join.error && <Failure error={join.error} title={notDone} />}
      {isForAnother ? (
        <>
          <Alert color="yellow">
            <Text size="sm">{t.otherAddress(invitation.email ?? '')}</Text>
          </Alert>
          <Button variant="default" loading={signOut.isPending} onClick={() => signOut.mutate()}>
            {t.signOut}
          </Button>
        </>
      ) : (
        <Button loading={join.isPending} onClick={() => join.mutate()}>
          {t.join}
        </Button>
      )}
    </Stack>
  )
}

function JoinNew({ invitation, token }: { invitation: Invitation; token: string }) {
  const [values, setValues] = useState({ name: '', email: invitation.email ?? '', password: '' })
  const [faults, setFaults] = useState<Faults>({})
  const joined = useJoined([])
  const join = useMutation({
    mutationFn: () => call('acceptInvitation', { body: { token, name: values.name.trim(), email: values.email.trim(), password: values.password } }),
    onSuccess: joined,
    onError: (error) => setFaults(faultsOf(error)),
  })
  const set = (name: keyof typeof values) => (value: string) => {
    setValues({ ...values, [name]: value })
    setFaults({ ...faults, [name]: undefined })
  }
  const submit = (): void => {
    const found = { name: checks.name(values.name), email: checks.email(values.email), password: checks.password(values.password) }
    setFaults(found)
    if (!hasFaults(found)) join.mutate()
  }
  return (
    <Form submit={submit}>
      <Text size="sm" c="dimmed">
        {t.haveAccount}{' '}
        <Anchor underline="always" renderRoot={(props) => <Link {...props} to="/sign-in" search={{ next: '/join' }} hash={`token=${token}`} />}>
          {t.signInFirst}
        </Anchor>
      </Text>
      {join.error && !hasFaults(faults) && <Failure error={join.error} title={notDone} />}
      <PersonFields values={values} faults={faults} set={set} isEmailGiven={invitation.email !== null} />
      <Button type="submit" loading={join.isPending}>
        {t.create}
      </Button>
    </Form>
  )
}
