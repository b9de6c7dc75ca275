import { Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from '../person/person.module.css'

/** A part of the page with a heading of its own. */
export const Part = ({ title, lead, children }: { title: string; lead?: string | undefined; children: ReactNode }) => (
  <section className={classes['card']} aria-label={title}>
    <Stack gap="sm">
      <div>
        <Title order={2}>{title}</Title>
        {lead && (
          <Text size="xs" c="dimmed">
            {lead}
          </Text>
        )}
      </div>
      {children}
    </Stack>
  </section>
)
