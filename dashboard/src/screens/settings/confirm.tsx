import { Button, Group, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { texts } from '../../texts/texts.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/faces.tsx'
import { Form } from '../../ui/form.tsx'

interface Asked {
  title: string
  confirm: string
  close: () => void
  act: { mutate: () => void; isPending: boolean; error: Error | null }
  disabled?: boolean
  children: ReactNode
}

/** Asks again before something that cannot be taken back; names it. The way out has the focus. */
export const Confirm = ({ title, confirm, close, act, disabled = false, children }: Asked) => (
  <Dialog title={title} close={close}>
    <Form
      submit={() => {
        if (!disabled) act.mutate()
      }}
    >
      {act.error && <Failure error={act.error} title={texts.shell.faces.notDone} />}
      {typeof children === 'string' ? <Text size="sm">{children}</Text> : children}
      <Group justify="flex-end">
        <Button variant="default" onClick={close} data-autofocus>
          {texts.shell.faces.cancel}
        </Button>
        <Button type="submit" color="red.9" loading={act.isPending} disabled={disabled}>
          {confirm}
        </Button>
      </Group>
    </Form>
  </Dialog>
)
