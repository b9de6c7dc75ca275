import { Stack, type StackProps } from '@mantine/core'
import type { ReactNode } from 'react'

interface Asked extends Pick<StackProps, 'gap' | 'maw'> {
  submit: () => void
  /** The browser says what is missing; else the fields do, in the words of this product. */
  native?: boolean
  children: ReactNode
}

/** Fields one below another, and what happens when they are sent, by button or Enter. */
export const Form = ({ submit, native = false, gap = 'md', maw, children }: Asked) => (
  <form
    noValidate={!native}
    onSubmit={(event) => {
      event.preventDefault()
      submit()
    }}
  >
    <Stack gap={gap} {...(maw === undefined ? {} : { maw })}>
      {children}
    </Stack>
  </form>
)
