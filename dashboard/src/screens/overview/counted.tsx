import { Text } from '@mantine/core'
import { texts } from '../../texts/texts.ts'
import { useFormat } from '../../ui/format.ts'
import classes from './overview.module.css'
import type { Analytics } from './use-overview.ts'

const t = texts.overview

/** How fresh the figures are, and what they count: in the words of the server, which counts them. */
export function Counted({ meta, internal }: Pick<Analytics, 'meta' | 'internal'>) {
  const { clock, number, time } = useFormat()
  return (
    <div className={classes['counted']}>
      <Text size="xs" c="dimmed" title={time(meta.fresh_to)}>
        {t.freshTo(clock(meta.fresh_to))}
      </Text>
      <details>
        <summary>{t.counted}</summary>
        <ul>
          <li>{meta.definition}</li>
          <li>{t.countedRange(time(meta.from), time(meta.to), meta.timezone)}</li>
          <li>{t.countedBots[meta.bots]}</li>
          <li>{t.countedInternal[meta.internal](number(internal))}</li>
          <li>{t.countedExact}</li>
        </ul>
      </details>
    </div>
  )
}
