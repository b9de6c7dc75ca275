import { Button, Group, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../../account.tsx'
import { call } from '../../api/client.ts'
import { texts } from '../../texts/texts.ts'
import { Failure } from '../../ui/faces.tsx'
import { said } from '../../ui/notice.ts'
import type { ListedType } from '../types.tsx'
import { Form } from '../../ui/form.tsx'

const t = texts.events.types

/** The declaration of a type; of a new one, its name too. */
export function DeclarationForm({ type, taken = [], done }: { type?: ListedType; taken?: readonly ListedType[]; done: () => void }) {
  const { slug } = useWorkspace()
  const queries = useQueryClient()
  const declared = type?.declared
  const [name, setName] = useState(type?.event_type ?? '')
  const [owner, setOwner] = useState(declared?.owner ?? '')
  const [category, setCategory] = useState(declared?.event_category ?? '')
  const [description, setDescription] = useState(declared?.description ?? '')
  const [required, setRequired] = useState((declared?.required_properties ?? []).join('\n'))
  const isTaken = !type && taken.some(({ event_type, declared }) => event_type === name.trim() && declared !== null)
  const save = useMutation({
    mutationFn: () =>
      call('declareType', {
        workspace: slug,
        params: { event_type: name.trim() },
        body: {
          owner: owner.trim(),
          event_category: category.trim(),
          description: description.trim(),
          required_properties: [...new Set(required.split('\n').map((line) => line.trim()))].filter(Boolean),
        },
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['listTypes'] })
      said(t.saved)
      done()
    },
  })
  const submit = (): void => {
    if (!isTaken && name.trim()) save.mutate()
  }
  return (
    <Form submit={submit} gap="sm">
      {save.error && <Failure error={save.error} />}
      {!type && (
        <TextInput
          data-autofocus
          required
          label={t.name}
          description={t.nameHint}
          value={name}
          maxLength={200}
          error={isTaken ? t.exists : undefined}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
      )}
      <Textarea
        label={t.description}
        description={t.descriptionHint}
        value={description}
        maxLength={1_000}
        rows={3}
        onChange={({ currentTarget }) => setDescription(currentTarget.value)}
      />
      <TextInput label={t.owner} description={t.ownerHint} value={owner} maxLength={255} onChange={({ currentTarget }) => setOwner(currentTarget.value)} />
      <TextInput
        label={t.category}
        description={t.categoryHint}
        value={category}
        maxLength={100}
        onChange={({ currentTarget }) => setCategory(currentTarget.value)}
      />
      <Textarea
        label={t.requiredProperties}
        description={t.requiredHint}
        value={required}
        rows={4}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        onChange={({ currentTarget }) => setRequired(currentTarget.value)}
      />
      <Group gap="xs">
        <Button type="submit" loading={save.isPending} disabled={!name.trim() || isTaken}>
          {t.save}
        </Button>
        <Button variant="default" onClick={done}>
          {texts.shell.faces.cancel}
        </Button>
      </Group>
    </Form>
  )
}
