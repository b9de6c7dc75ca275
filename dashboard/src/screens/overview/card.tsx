import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './overview.module.css'

/** A figure with what it is called above it and what it is made of below. */
export const Card = ({ label, value, children }: { label: string; value: string; children?: ReactNode }) => (
  <div className={classes['figure']} style={{ minHeight: 0 }}>
    <span className={classes['label']}>{label}</span>
    <span className={classes['value']}>{value}</span>
    <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
      {children}
    </Text>
  </div>
)
