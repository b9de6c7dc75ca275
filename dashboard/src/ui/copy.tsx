import { ActionIcon, Code, CopyButton, Group } from '@mantine/core'
import { texts } from '../texts/texts.ts'
import { Icon } from './icons.tsx'

const t = texts.shell.faces

export const Copy = ({ value, label }: { value: string; label: string }) => (
  <CopyButton value={value} timeout={2_000}>
    {({ copied, copy }) => (
      <ActionIcon variant="default" onClick={copy} aria-label={copied ? t.copied : `${t.copy}: ${label}`} size="lg">
        <Icon name={copied ? 'check' : 'copy'} size={16} />
      </ActionIcon>
    )}
  </CopyButton>
)

/** Text to be taken over as it is, such as a key or a snippet. */
export const Copyable = ({ value, label }: { value: string; label: string }) => (
  <Group gap="xs" wrap="nowrap" align="flex-start">
    <Code block tabIndex={0} role="region" aria-label={label} flex={1} miw={0} style={{ overflowX: 'auto' }}>
      {value}
    </Code>
    <Copy value={value} label={label} />
  </Group>
)
