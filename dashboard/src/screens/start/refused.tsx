import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import { texts } from '../../texts/texts.ts'
import { Faces, Waiting } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'
import classes from './start.module.css'

const t = texts.overview.start.refusals
const ASK_MS = 5_000

/** What somebody sent and Cairn did not take. `watching`: asked again and again, since the next attempt may be refused too. */
export function Refused({ watching }: { watching: boolean }) {
  const { slug } = useWorkspace()
  const { number, ago, time } = useFormat()
  const refused = useQuery({ ...ask('refusals', { workspace: slug }), placeholderData: undefined, refetchInterval: watching ? ASK_MS : false })
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed">
        {t.lead}
      </Text>
      <Faces of={refused} waiting={<Waiting rows={1} height={24} />}>
        {({ refusals }) =>
          refusals.length === 0 ? (
            <Text size="sm">{t.none}</Text>
          ) : (
            <ul className={classes['refusals']} aria-label={t.title}>
              {refusals.map((refusal) => (
                <li key={[refusal.what, refusal.code, refusal.key_prefix, refusal.origin].join(' ')}>
                  <Text size="sm" fw={600}>
                    {refusal.message}
                  </Text>
                  <Text size="sm">{refusal.remedy}</Text>
                  <Text size="xs" c="dimmed" title={time(refusal.last_at)}>
                    {[
                      t.times(number(refusal.count), t[refusal.what]),
                      ago(refusal.last_at),
                      refusal.key_prefix && t.key(refusal.key_prefix),
                      refusal.origin && t.origin(refusal.origin),
                    ]
                      .filter(Boolean)
                      .join(' · ')}
                  </Text>
                </li>
              ))}
            </ul>
          )
        }
      </Faces>
    </Stack>
  )
}
