import { Alert, List, Text } from '@mantine/core'
import { texts } from '../../texts/texts.ts'
import { Failure } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'
import { nameOfReason, type Replay } from './replay.ts'

const t = texts.events.quarantine

/** What became of a replay: how many were accepted, and of the others each cause once. */
export function ReplayResult({ of: { data, error, reset } }: { of: Replay }) {
  const { number } = useFormat()
  if (error) return <Failure error={error} />
  if (!data) return null
  const causes = Map.groupBy(data.rejected, ({ code, message }) => `${nameOfReason(code)}: ${message}`)
  return (
    <Alert
      role="status"
      color={data.rejected.length > 0 ? 'yellow' : 'moss'}
      variant="light"
      // The colour of the kind is too light for text.
      styles={{ title: { color: 'var(--mantine-color-text)' }, closeButton: { color: 'var(--mantine-color-text)' } }}
      withCloseButton
      onClose={reset}
      closeButtonLabel={t.dismiss}
      title={data.replayed === 0 ? t.resultNone : t.result(number(data.accepted), number(data.rejected.length))}
    >
      {causes.size > 0 && (
        <>
          <Text size="sm">{t.again}</Text>
          <List size="sm">
            {[...causes].slice(0, MOST_CAUSES).map(([cause, rejected]) => (
              <List.Item key={cause}>
                {number(rejected.length)} × {cause}
              </List.Item>
            ))}
          </List>
        </>
      )}
    </Alert>
  )
}
/** Messages may name values, so that each is its own. */
const MOST_CAUSES = 10
