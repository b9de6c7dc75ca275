import { notifications } from '@mantine/notifications'
import { texts } from '../texts/texts.ts'
import { messageOf } from './faces.tsx'

const closeButtonProps = { 'aria-label': texts.shell.faces.close }

/** What was done, said once in the corner. */
export const said = (message: string): void => void notifications.show({ message, closeButtonProps, autoClose: 4_000 })

/** What did not work and has no place of its own on the screen. It stays longer: it has to be read. */
export const saidFailure = (error: Error): void =>
  void notifications.show({ title: texts.shell.faces.notDone, message: messageOf(error), color: 'red', closeButtonProps, autoClose: 10_000 })
