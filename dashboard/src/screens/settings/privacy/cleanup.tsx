import { Button, Group, NumberInput, Radio, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../../../account.tsx'
import { call } from '../../../api/client.ts'
import { ask } from '../../../api/queries.ts'
import { texts } from '../../../texts/texts.ts'
import { useFormat } from '../../../ui/format.ts'
import { Section } from '../../../ui/section.tsx'
import { Confirm } from '../confirm.tsx'
import { isDays, MOST_DAYS } from './age.tsx'
import { Form } from '../../../ui/form.tsx'

const t = texts.settings.privacy
const DAY_MS = 86_400_000
/** As far as a `from` reaches back; and a day of the future that trackers may send. */
const BEGINNING = '1970-01-01T00:00:00Z'
const AHEAD_MS = 2 * DAY_MS

/** What is to be deleted; `user` undefined: of everybody. `at`: when that was asked, which makes days a moment. */
interface Doomed {
  user: string | undefined
  days: number
  at: number
}

export function Cleanup() {
  const [isOne, setOne] = useState(false)
  const [user, setUser] = useState('')
  const [days, setDays] = useState<number | string>('')
  const [doomed, setDoomed] = useState<Doomed>()
  const [deleted, setDeleted] = useState<number>()
  const format = useFormat()
  const isValid = isDays(days, 0)
  const isReady = isValid && (!isOne || user.trim() !== '')
  return (
    <Section title={t.cleanup} lead={t.cleanupLead}>
      <Form
        submit={() => {
          setDeleted(undefined)
          if (isReady) setDoomed({ user: isOne ? user.trim() : undefined, days: Number(days), at: Date.now() })
        }}
      >
        <Radio.Group label={t.whose} value={isOne ? 'one' : 'all'} onChange={(chosen) => setOne(chosen === 'one')}>
          <Group gap="lg" mt="xs">
            <Radio value="all" label={t.everybody} />
            <Radio value="one" label={t.onePerson} />
          </Group>
        </Radio.Group>
        <Group align="flex-start" gap="sm">
          {isOne && (
            <TextInput
              label={t.cleanupUser}
              value={user}
              maxLength={255}
              autoComplete="off"
              flex="1 1 240px"
              maw={420}
              onChange={({ currentTarget }) => setUser(currentTarget.value)}
            />
          )}
          <NumberInput
            label={t.olderThan}
            description={t.olderThanHint}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            value={days}
            min={0}
            max={MOST_DAYS}
            allowDecimal={false}
            allowNegative={false}
            hideControls
            error={days === '' || isValid ? undefined : t.olderThanRange}
            onChange={setDays}
          />
        </Group>
        <Group>
          <Button type="submit" color="red" variant="light" disabled={!isReady}>
            {t.delete}
          </Button>
        </Group>
        <Text size="sm" role="status">
          {deleted !== undefined && t.deleted(format.number(deleted), deleted)}
        </Text>
      </Form>
      {doomed && (
        <ConfirmCleanup
          doomed={doomed}
          close={() => setDoomed(undefined)}
          done={(count) => {
            setDoomed(undefined)
            setDeleted(count)
          }}
        />
      )}
    </Section>
  )
}

/** Says how many there are, and wants the name of what is hit to be typed: nothing brings them back. */
function ConfirmCleanup({ doomed: { user, days, at }, close, done }: { doomed: Doomed; close: () => void; done: (deleted: number) => void }) {
  const { slug: workspace } = useWorkspace()
  const queries = useQueryClient()
  const format = useFormat()
  const [typed, setTyped] = useState('')
  const word = user ?? workspace
  const to = new Date(days === 0 ? at + AHEAD_MS : at - days * DAY_MS).toISOString()
  const count = useQuery(ask('analytics', { workspace, query: { from: BEGINNING, to, include_bots: true, ...(user === undefined ? {} : { user_id: user }) } }))
  const remove = useMutation({
    mutationFn: () => call('cleanup', { workspace, query: { older_than_days: days, ...(user === undefined ? {} : { user_id: user }) } }),
    onSuccess: async ({ deleted }) => {
      done(deleted)
      // Whatever is counted anywhere has changed.
      await queries.invalidateQueries()
    },
  })
  return (
    <Confirm title={t.confirmTitle} confirm={t.confirm} close={close} act={remove} disabled={typed.trim() !== word}>
      <Text size="sm">
        {user === undefined
          ? days === 0
            ? t.confirmAllAges
            : t.confirmAll(format.number(days))
          : days === 0
            ? t.confirmOneAllAges(user)
            : t.confirmOne(user, format.number(days))}
      </Text>
      <Text size="sm" fw={600} role="status">
        {count.data ? t.about(format.number(count.data.total_events)) : count.isPending ? t.counting : null}
      </Text>
      <TextInput
        label={t.typeToConfirm(word)}
        value={typed}
        autoComplete="off"
        spellCheck={false}
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      />
    </Confirm>
  )
}
