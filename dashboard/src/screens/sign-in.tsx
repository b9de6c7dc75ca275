import { Alert, Anchor, Button, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { homeOf, wasHere, type Account } from '../account.tsx'
import { ApiError, call } from '../api/client.ts'
import { ask } from '../api/queries.ts'
import { texts } from '../texts/texts.ts'
import { messageOf } from '../ui/faces.tsx'
import { focusIt } from '../ui/focus.ts'
import { useUrl } from '../url.ts'
import { safePath } from './entrance/address.ts'
import { Door } from './entrance/door.tsx'
import { checks, hasFaults, type Faults } from './entrance/fields.ts'
import { PasswordField } from './entrance/password-field.tsx'
import { useSignedIn } from './entrance/use-signed-in.ts'
import { Form } from '../ui/form.tsx'

const t = texts.accounts.signIn
const f = texts.accounts.fields

/** An invitation keeps its token after the #, also on the way through here. */
function goalOf(account: Account, next: string | undefined): string {
  const home = homeOf(account)
  return safePath(next, window.location.hash) ?? (home ? `/w/${home.slug}/overview` : '/account')
}

export function SignIn() {
  const { next, ended } = useUrl()
  const { history } = useRouter()
  const setup = useQuery(ask('getSetup'))
  const signedIn = useSignedIn()
  const [values, setValues] = useState({ email: '', password: '' })
  const [faults, setFaults] = useState<Faults>({})
  const { left, begin: wait } = useWait()
  // Signed in already, perhaps just now in another tab. Who was never here is not asked for.
  const account = useQuery({ ...ask('getAccount'), enabled: wasHere() }).data
  useEffect(() => {
    if (account) history.replace(goalOf(account, next))
  }, [account, next, history])

  const signIn = useMutation({
    mutationFn: () => call('signIn', { body: { email: values.email.trim(), password: values.password } }),
    onSuccess: (account) => {
      signedIn(account)
      history.replace(goalOf(account, next))
    },
    onError: (error) => {
      if (error instanceof ApiError && error.status === 429) wait(error.retryAfterSeconds ?? LOCK_OUT_SECONDS)
    },
  })
  const submit = (): void => {
    const found = { email: checks.email(values.email), password: values.password === '' ? f.required : undefined }
    setFaults(found)
    if (!hasFaults(found)) signIn.mutate()
  }

  return (
    <Door title={t.title} below={t.forgot}>
      {setup.data?.needed && (
        <Alert color="blue" role="status" title={t.setupNeeded}>
          <Anchor renderRoot={(props) => <Link {...props} to="/setup" />}>{t.toSetup}</Anchor>
        </Alert>
      )}
      {ended && !signIn.error && (
        <Alert color="blue" role="status">
          <Text size="sm">{t.ended}</Text>
        </Alert>
      )}
      {left > 0 ? (
        <Alert color="red" role="alert" title={t.lockedTitle}>
          <Text size="sm">{t.locked}</Text>
          {/* Not read out each second. */}
          <Text size="sm" fw={600} role="timer" aria-live="off">
            {t.wait(clockOf(left))}
          </Text>
        </Alert>
      ) : (
        signIn.error &&
        !isLockOut(signIn.error) && (
          <Alert color="red" role="alert" title={t.wrongTitle}>
            <Text size="sm">{signIn.error instanceof ApiError && signIn.error.status === 401 ? t.wrong : messageOf(signIn.error)}</Text>
          </Alert>
        )
      )}
      <Form submit={submit}>
        <TextInput
          label={f.email}
          type="email"
          value={values.email}
          error={faults['email']}
          maxLength={254}
          autoComplete="username"
          ref={focusIt}
          onChange={({ currentTarget }) => setValues({ ...values, email: currentTarget.value })}
        />
        <PasswordField
          label={f.password}
          value={values.password}
          error={faults['password']}
          autoComplete="current-password"
          onChange={(password) => setValues({ ...values, password })}
        />
        <Button type="submit" loading={signIn.isPending} disabled={left > 0}>
          {t.submit}
        </Button>
      </Form>
    </Door>
  )
}

const isLockOut = (error: Error): boolean => error instanceof ApiError && error.status === 429

/** Where the answer does not say how long. */
const LOCK_OUT_SECONDS = 60

/** 0:42 */
const clockOf = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`

interface Wait {
  until: number
  now: number
}

/** Counts down each second. */
function useWait(): { left: number; begin: (seconds: number) => void } {
  const [wait, setWait] = useState<Wait>({ until: 0, now: 0 })
  const { until } = wait
  useEffect(() => {
    if (until === 0) return undefined
    const timer = setInterval(() => {
      const now = Date.now()
      setWait({ until, now })
      if (now >= until) clearInterval(timer)
    }, 1_000)
    return () => clearInterval(timer)
  }, [until])
  return {
    left: Math.max(0, Math.ceil((until - wait.now) / 1_000)),
    begin: (seconds) => {
      const now = Date.now()
      setWait({ until: now + seconds * 1_000, now })
    },
  }
}
