import { Button, Group, TextInput } from '@mantine/core'
import { useState } from 'react'
import { texts } from '../texts/texts.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Form } from '../ui/form.tsx'

const t = texts.shell.range

interface Chosen {
  from: string
  to: string
}

/** First and last day of a range of one's own. Loaded when it is asked for: most people never do. */
export function Days({ days, apply, close }: { days: Chosen; apply: (days: Chosen) => void; close: () => void }) {
  const [chosen, setChosen] = useState(days)
  const backwards = chosen.from > chosen.to
  return (
    <Dialog title={t.customTitle} close={close}>
      <Form
        native
        submit={() => {
          if (!backwards && chosen.from && chosen.to) apply(chosen)
        }}
      >
        <Group gap="xs" align="flex-start" grow>
          <TextInput
            type="date"
            label={t.from}
            value={chosen.from}
            required
            data-autofocus
            onChange={({ currentTarget: { value } }) => setChosen({ ...chosen, from: value })}
          />
          <TextInput
            type="date"
            label={t.to}
            value={chosen.to}
            required
            error={backwards ? t.fromAfterTo : undefined}
            onChange={({ currentTarget: { value } }) => setChosen({ ...chosen, to: value })}
          />
        </Group>
        <Button type="submit">{t.apply}</Button>
      </Form>
    </Dialog>
  )
}
