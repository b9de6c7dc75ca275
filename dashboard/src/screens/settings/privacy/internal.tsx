import { Textarea } from '@mantine/core'
import { useState } from 'react'
import { texts } from '../../../texts/texts.ts'
import { Form } from '../../../ui/form.tsx'
import { linesOf } from '../../../ui/lines.ts'
import { said } from '../../../ui/notice.ts'
import { Section } from '../../../ui/section.tsx'
import { Fact, Facts } from '../facts.tsx'
import { FormEnd } from '../form-end.tsx'
import { useSettings, type WorkspaceSettings } from '../use-settings.ts'

const t = texts.settings.privacy.internal
type Lists = WorkspaceSettings['internal']
const names = ['user_ids', 'email_domains', 'addresses'] as const

/** Whose traffic counts in no figure. */
export function Internal({ settings: { internal } }: { settings: WorkspaceSettings }) {
  const { mayChange } = useSettings()
  return (
    <Section title={t.title} lead={t.lead}>
      {mayChange ? <Change internal={internal} /> : <Read internal={internal} />}
    </Section>
  )
}

function Change({ internal }: { internal: Lists }) {
  const { change } = useSettings()
  const [written, setWritten] = useState(() => writtenOf(internal))
  const chosen: Lists = { user_ids: linesOf(written.user_ids), email_domains: linesOf(written.email_domains), addresses: linesOf(written.addresses) }
  const isChanged = names.some((name) => chosen[name].join('\n') !== internal[name].join('\n'))
  const submit = (): void => {
    if (!isChanged) return
    change.mutate(
      { internal: chosen },
      {
        onSuccess: (answer) => {
          setWritten(writtenOf(answer.internal))
          said(texts.settings.privacy.saved)
        },
      },
    )
  }
  return (
    <Form maw={560} submit={submit}>
      {names.map((name) => (
        <Textarea
          key={name}
          label={t.names[name]}
          description={t.hints[name]}
          autosize
          minRows={2}
          maxRows={10}
          value={written[name]}
          onChange={({ currentTarget: { value } }) => setWritten((others) => ({ ...others, [name]: value }))}
        />
      ))}
      <FormEnd isChanged={isChanged} isPending={change.isPending} error={change.error} />
    </Form>
  )
}

const writtenOf = ({ user_ids, email_domains, addresses }: Lists): Record<keyof Lists, string> => ({
  user_ids: user_ids.join('\n'),
  email_domains: email_domains.join('\n'),
  addresses: addresses.join('\n'),
})

const Read = ({ internal }: { internal: Lists }) => (
  <Facts>
    {names.map((name) => (
      <Fact key={name} name={t.names[name]}>
        {internal[name].length === 0 ? t.none : internal[name].join(', ')}
      </Fact>
    ))}
  </Facts>
)
