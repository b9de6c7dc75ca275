import { Button, Group, Text } from '@mantine/core'
import { texts } from '../../texts/texts.ts'
import { Failure } from '../../ui/faces.tsx'

const t = texts.settings

/** Under the fields of a form: what did not work, and the button that is alive once something is changed. */
export const FormEnd = ({ isChanged, isPending, error }: { isChanged: boolean; isPending: boolean; error: Error | null }) => (
  <>
    {error && <Failure error={error} title={texts.shell.faces.notDone} />}
    <Group gap="sm">
      <Button type="submit" disabled={!isChanged} loading={isPending}>
        {t.save}
      </Button>
      {isChanged && (
        <Text size="sm" c="dimmed">
          {t.unsaved}
        </Text>
      )}
    </Group>
  </>
)
