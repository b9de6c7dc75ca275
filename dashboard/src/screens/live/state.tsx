import { Button, Group, Text } from '@mantine/core'
import type { Phase } from '../../live/phase.ts'
import { texts } from '../../texts/texts.ts'
import { useFormat } from '../../ui/format.ts'
import classes from './live.module.css'

const t = texts.overview.live

/** How the connection stands, in words, and how much comes in. */
export function State({ phase, again, paused, rate }: { phase: Phase; again: () => void; paused: boolean; rate: number }) {
  const { number } = useFormat()
  return (
    <Group gap="md" mih={32} className={classes['state']} data-phase={phase.is}>
      <Group gap={8} role="status" wrap="nowrap">
        <span className={classes['dot']} aria-hidden="true" />
        <Text size="sm" fw={600}>
          {phase.is === 'refused' ? phase.message || t.refused[phase.why] : t.phase[phase.is]}
          {paused && ` · ${t.paused}`}
        </Text>
      </Group>
      {phase.is === 'open' && (
        <Text size="sm" c="dimmed" title={t.rate}>
          {t.perSecond(number(rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate)))}
        </Text>
      )}
      {(phase.is === 'refused' || (phase.is === 'waiting' && phase.tries > 1)) && (
        <Button size="compact-sm" variant="default" onClick={again}>
          {t.connectAgain}
        </Button>
      )}
    </Group>
  )
}
