import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { ask } from '../../api/queries.ts'
import { texts } from '../../texts/texts.ts'
import { Faces } from '../../ui/faces.tsx'
import { useSetUrl } from '../../url.ts'
import { EventDetail } from './detail.tsx'
import { lookup } from './lookup.ts'

/** The event that the address names. `at`: when it happened, by which the store finds it without looking through everything. */
export function OpenedEvent({ id, at }: { id: string; at: string | undefined }) {
  const { slug } = useWorkspace()
  const setUrl = useSetUrl()
  const found = useQuery({ ...ask('listEvents', lookup(slug, id, at)), placeholderData: undefined, staleTime: Infinity })
  const event = found.data?.events.find(({ event_id }) => event_id === id)
  return (
    <EventDetail event={event} close={() => setUrl({ event: undefined, at: undefined })}>
      <Faces of={found}>{() => <Text role="status">{texts.events.detail.missing}</Text>}</Faces>
    </EventDetail>
  )
}
