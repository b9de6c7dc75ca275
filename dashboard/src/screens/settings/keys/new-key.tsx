import { Button, Group, Radio, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../../../account.tsx'
import { call } from '../../../api/client.ts'
import { texts } from '../../../texts/texts.ts'
import { Dialog } from '../../../ui/dialog.tsx'
import { Failure } from '../../../ui/faces.tsx'
import { Form } from '../../../ui/form.tsx'
import { MadeOnce } from '../made-once.tsx'

const t = texts.settings.keys

/** Makes a key, then shows it this once. A click beside it does not close it: the key would be lost. */
export function NewKey({ close }: { close: () => void }) {
  const { slug: workspace } = useWorkspace()
  const queries = useQueryClient()
  const [kind, setKind] = useState<'write' | 'secret'>('write')
  const [name, setName] = useState('')
  const make = useMutation({
    mutationFn: () => call('createKey', { workspace, body: { kind, name: name.trim() } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['listKeys'] }),
  })
  const made = make.data

  return (
    <Dialog title={made ? t.madeTitle : t.makeTitle} close={close} keeps={made !== undefined}>
      {made ? (
        <MadeOnce value={made.key} label={t.key} warnings={[t.madeWarning, ...(made.kind === 'secret' ? [t.madeSecret] : [])]} close={close} />
      ) : (
        <Form submit={() => make.mutate()}>
          {make.error && <Failure error={make.error} title={texts.shell.faces.notDone} />}
          <Radio.Group label={t.kind} value={kind} onChange={(chosen) => setKind(chosen === 'secret' ? 'secret' : 'write')}>
            <Stack gap="sm" mt="xs">
              <Radio value="write" label={t.write} description={t.writeHint} />
              <Radio value="secret" label={t.secret} description={t.secretHint} />
            </Stack>
          </Radio.Group>
          <TextInput
            label={t.name}
            description={t.nameHint}
            value={name}
            maxLength={100}
            data-autofocus
            autoComplete="off"
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={make.isPending} disabled={name.trim() === ''}>
              {t.create}
            </Button>
          </Group>
        </Form>
      )}
    </Dialog>
  )
}
