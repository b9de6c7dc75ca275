import { Alert, Anchor, Button, Group, Text, TextInput, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useLocation, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError, call } from '../api/client.ts'
import { ask } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import { Faces, Failure } from '../ui/faces.tsx'
import { focusIt } from '../ui/focus.ts'
import { ownZone } from '../ui/format.ts'
import { tokenOf } from './entrance/address.ts'
import { Door } from './entrance/door.tsx'
import { checks, faultsOf, hasFaults, type Faults } from './entrance/fields.ts'
import { PersonFields } from './entrance/person-fields.tsx'
import { useSignedIn } from './entrance/use-signed-in.ts'
import { ZoneField } from './entrance/zone-field.tsx'
import { Form } from '../ui/form.tsx'

const t = texts.accounts.setup
const f = texts.accounts.fields

/** The first hour begins here: the first user, then the first workspace. */
export function Setup() {
  const setup = useQuery(ask('getSetup'))
  const token = tokenOf(useLocation({ select: ({ hash }) => hash }))
  if (setup.data?.needed && token) return <SetupForm token={token} />
  const title = setup.data ? (setup.data.needed ? t.noTokenTitle : t.doneTitle) : t.title
  return (
    <Door title={title}>
      <Faces of={setup}>
        {({ needed }) =>
          needed ? (
            <>
              <Text>{t.noToken}</Text>
              <Text c="dimmed" size="sm">
                {t.noTokenLost}
              </Text>
            </>
          ) : (
            <>
              <Text>{t.done}</Text>
              <Button renderRoot={(props) => <Link {...props} to="/sign-in" />}>{t.toSignIn}</Button>
            </>
          )
        }
      </Faces>
    </Door>
  )
}

const FIRST_STEP = ['name', 'email', 'password']

function SetupForm({ token }: { token: string }) {
  const [step, setStep] = useState<1 | 2>(1)
  const [values, setValues] = useState({ name: '', email: '', password: '', workspace_name: '', timezone: ownZone() })
  const [faults, setFaults] = useState<Faults>({})
  const navigate = useNavigate()
  const signedIn = useSignedIn()

  const setUp = useMutation({
    mutationFn: () =>
      call('setUp', {
        body: {
          token,
          ...values,
          name: values.name.trim(),
          email: values.email.trim(),
          workspace_name: values.workspace_name.trim(),
          timezone: values.timezone.trim(),
        },
      }),
    onSuccess: async (account) => {
      signedIn(account)
      await navigate({ to: `/w/${account.workspaces[0]?.slug ?? ''}/start`, replace: true })
    },
    onError: (error) => {
      const found = faultsOf(error)
      setFaults(found)
      if (FIRST_STEP.some((name) => found[name])) setStep(1)
    },
  })
  const set = (name: keyof typeof values) => (value: string) => {
    setValues({ ...values, [name]: value })
    setFaults({ ...faults, [name]: undefined })
  }
  const next = (): void => {
    const found: Faults =
      step === 1
        ? { name: checks.name(values.name), email: checks.email(values.email), password: checks.password(values.password) }
        : { workspace_name: checks.name(values.workspace_name), timezone: checks.zone(values.timezone) }
    setFaults(found)
    if (hasFaults(found)) return
    if (step === 1) setStep(2)
    else setUp.mutate()
  }
  const isDone = setUp.error instanceof ApiError && setUp.error.status === 409

  return (
    <Door title={t.title} lead={t.step(step)}>
      {isDone && (
        <Alert color="yellow" role="alert" title={t.doneTitle}>
          <Anchor renderRoot={(props) => <Link {...props} to="/sign-in" />}>{t.toSignIn}</Anchor>
        </Alert>
      )}
      {setUp.error && !isDone && !hasFaults(faults) && <Failure error={setUp.error} title={texts.shell.faces.notDone} />}
      <Form submit={next}>
        <div>
          <Title order={2}>{step === 1 ? t.you : t.workspace}</Title>
          <Text c="dimmed" size="sm">
            {step === 1 ? t.youLead : t.workspaceLead}
          </Text>
        </div>
        {step === 1 ? (
          <>
            <PersonFields values={values} faults={faults} set={set} first={focusIt} />
            <Button type="submit">{t.next}</Button>
          </>
        ) : (
          <>
            <TextInput
              ref={focusIt}
              label={f.workspaceName}
              description={f.workspaceNameHint}
              value={values.workspace_name}
              error={faults['workspace_name']}
              maxLength={100}
              autoComplete="organization"
              onChange={({ currentTarget }) => set('workspace_name')(currentTarget.value)}
            />
            <ZoneField value={values.timezone} error={faults['timezone']} onChange={set('timezone')} />
            <Group grow>
              <Button variant="default" onClick={() => setStep(1)}>
                {t.back}
              </Button>
              <Button type="submit" loading={setUp.isPending}>
                {t.finish}
              </Button>
            </Group>
          </>
        )}
      </Form>
    </Door>
  )
}
