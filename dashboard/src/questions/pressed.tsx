import { UnstyledButton } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from '../charts/figures.module.css'
import { texts } from '../texts/texts.ts'

const t = texts.insights.chart

/** A figure; pressed, it opens what is behind it. What is heard begins with what is seen, so that it can be asked for by voice. */
export const Pressed = ({ open, name, children }: { open: (() => void) | undefined; name: string; children: ReactNode }) =>
  open ? (
    <UnstyledButton className={classes['opens']} onClick={open} title={t.behindHint}>
      {children}
      <span className="only-read"> {t.behind(name)}</span>
    </UnstyledButton>
  ) : (
    <>{children}</>
  )
