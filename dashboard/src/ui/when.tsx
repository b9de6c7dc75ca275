import { useFormat } from './format.ts'

/** How long ago, with the full moment as its title. */
export function When({ at }: { at: string }) {
  const format = useFormat()
  return (
    <time dateTime={at} title={format.time(at)}>
      {format.ago(at)}
    </time>
  )
}
