import { ActionIcon, Group, NativeSelect } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { lazy, Suspense, useState } from 'react'
import { texts } from '../texts/texts.ts'
import { Icon } from '../ui/icons.tsx'
import { useSetUrl, useUrl } from '../url.ts'
import { dayOf, isRangeKey, rangeKeys, shifted, type RangeKey } from './range.ts'
import { useMinute, useRange } from './use-range.ts'

const t = texts.shell.range
const Days = lazy(() => import('./days.tsx').then(({ Days }) => ({ default: Days })))
/** Chosen again while it is chosen: a list of the browser tells of changes only. */
const OTHER_DAYS = ' days'
/** One key each; those of the product's documentation, and of others of its kind. */
const keyOf: Partial<Record<RangeKey, string>> = { today: 'D', yesterday: 'E', '7d': 'W', '30d': 'T', mtd: 'M', last_month: 'P', ytd: 'Y', custom: 'C' }
const NEXT_COMPARISON = { none: 'previous', previous: 'year', year: undefined } as const

/** Chooses the range of the address. `compares`: the screen shows a comparison. */
export function RangeControl({ compares = false }: { compares?: boolean }) {
  const range = useRange()
  const minute = useMinute()
  const { live } = useUrl()
  const setUrl = useSetUrl()
  const [days, setDays] = useState<{ from: string; to: string }>()

  const choose = (key: RangeKey): void => {
    if (key === 'custom') setDays({ from: range.from.slice(0, 10), to: (range.isOpen ? dayOf(minute, range.zone) : range.to).slice(0, 10) })
    else setUrl({ range: key, from: undefined, to: undefined })
  }
  const shift = (direction: -1 | 1): void => {
    const next = shifted(range, direction, minute)
    if (next) setUrl(next)
  }
  const compare = (): void => {
    if (compares) setUrl({ compare: NEXT_COMPARISON[range.comparison ?? 'none'] })
  }
  useHotkeys([
    ...Object.entries(keyOf).map(([key, letter]): [string, () => void] => [letter, () => choose(key as RangeKey)]),
    ['ArrowLeft', () => shift(-1)],
    ['ArrowRight', () => shift(1)],
    ['X', compare],
    ['R', () => setUrl({ live: live ? undefined : '1' }, { replace: true })],
  ])

  return (
    <Group gap={6} role="group" aria-label={t.label} title={t.keys}>
      <ActionIcon variant="default" size={36} aria-label={t.back} disabled={!shifted(range, -1, minute)} onClick={() => shift(-1)}>
        <Icon name="left" size={16} />
      </ActionIcon>
      <NativeSelect
        aria-label={t.label}
        value={range.key}
        data={[
          ...rangeKeys.map((key) => ({ value: key, label: key === 'custom' && range.key === 'custom' ? `${range.from} – ${range.to}` : t[key] })),
          ...(range.key === 'custom' ? [{ value: OTHER_DAYS, label: t.custom }] : []),
        ]}
        onChange={({ currentTarget: { value } }) => {
          if (value === OTHER_DAYS) choose('custom')
          else if (isRangeKey(value)) choose(value)
        }}
      />
      <ActionIcon variant="default" size={36} aria-label={t.forth} disabled={!shifted(range, 1, minute)} onClick={() => shift(1)}>
        <Icon name="right" size={16} />
      </ActionIcon>
      {compares && (
        <NativeSelect
          aria-label={t.compare}
          value={range.comparison ?? ''}
          data={[
            { value: '', label: t.compareNone },
            { value: 'previous', label: t.comparePrevious },
            { value: 'year', label: t.compareYear },
          ]}
          onChange={({ currentTarget: { value } }) => setUrl({ compare: value || undefined })}
        />
      )}
      <ActionIcon
        variant={live ? 'filled' : 'default'}
        size={36}
        aria-label={t.live}
        aria-pressed={live !== undefined}
        onClick={() => setUrl({ live: live ? undefined : '1' }, { replace: true })}
      >
        <Icon name="refresh" size={16} />
      </ActionIcon>
      <Suspense>
        {days && <Days days={days} close={() => setDays(undefined)} apply={(chosen) => (setUrl({ range: 'custom', ...chosen }), setDays(undefined))} />}
      </Suspense>
    </Group>
  )
}
