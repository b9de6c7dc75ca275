import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { texts } from '../texts/texts.ts'
import { useFocusBack } from './focus.ts'

interface Opened {
  title: string
  close: () => void
  /** It shows something that is shown this once: a click beside it does not close it. */
  keeps?: boolean
  /** Holds lines of code, or a table. */
  wide?: boolean
  children: ReactNode
}

/** A question or a form above the screen, there as long as it is rendered. The focus goes back to where it was; if that is gone, to the screen. */
export function Dialog({ title, close, keeps = false, wide = false, children }: Opened) {
  useFocusBack()
  return (
    <Modal
      opened
      onClose={close}
      title={title}
      {...(wide ? { size: 'xl' } : {})}
      closeOnClickOutside={!keeps}
      returnFocus={false}
      xOffset={8}
      closeButtonProps={{ 'aria-label': texts.shell.faces.close }}
    >
      {children}
    </Modal>
  )
}
