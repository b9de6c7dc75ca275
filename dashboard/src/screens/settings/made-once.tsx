import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { texts } from '../../texts/texts.ts'
import { Copyable } from '../../ui/copy.tsx'
import { focusIt } from '../../ui/focus.ts'

/** What is shown this once, and what to know about it. */
export const MadeOnce = ({ value, label, warnings, close }: { value: string; label: string; warnings: readonly string[]; close: () => void }) => (
  <Stack gap="md">
    <Copyable value={value} label={label} />
    <Alert color="yellow" role="status">
      {warnings.map((warning) => (
        <Text key={warning} size="sm">
          {warning}
        </Text>
      ))}
    </Alert>
    <Group justify="flex-end">
      <Button ref={focusIt} onClick={close}>
        {texts.settings.done}
      </Button>
    </Group>
  </Stack>
)
