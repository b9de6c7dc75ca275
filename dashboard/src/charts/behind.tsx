import { Box, Group, UnstyledButton } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { texts } from '../texts/texts.ts'
import { Icon } from '../ui/icons.tsx'
import classes from './charts.module.css'

const t = texts.shell.faces

interface Props {
  label: string
  /** Stands left of the button. */
  beside?: ReactNode
  /** The parts of the table; what can be pressed in it only where eyes see it. */
  children: ReactNode | ((isSeen: boolean) => ReactNode)
}

/** The table behind a chart: always there for screen readers, for eyes when they ask for it. */
export function Behind({ label, beside, children }: Props) {
  const [opened, setOpened] = useState(false)
  const table = (
    <table aria-label={label} className={classes['behind']}>
      {typeof children === 'function' ? children(opened) : children}
    </table>
  )
  return (
    <>
      <Group justify="space-between" align="center" mt={4} gap="xs">
        <div>{beside}</div>
        <UnstyledButton className={classes['toggle']} aria-expanded={opened} aria-label={`${t.table}: ${label}`} onClick={() => setOpened(!opened)}>
          <Icon name="table" size={14} />
          <span>{opened ? texts.overview.chart.hideTable : t.table}</span>
        </UnstyledButton>
      </Group>
      {opened ? (
        <Box className={classes['opened'] ?? ''} role="region" aria-label={label} tabIndex={0}>
          {table}
        </Box>
      ) : (
        <div className="only-read">{table}</div>
      )}
    </>
  )
}
