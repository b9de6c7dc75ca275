import { Group, Skeleton, Text, useComputedColorScheme } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { lazy, Suspense, useMemo, useState, type KeyboardEvent, type PointerEvent } from 'react'
import type { Interval } from '../range/range.ts'
import { texts } from '../texts/texts.ts'
import { seriesColours } from '../theme.ts'
import { useFormat } from '../ui/format.ts'
import classes from './charts.module.css'
import { Behind } from './behind.tsx'
import { Change } from './change.tsx'
import { plot, scaleOf, ticksOf, writtenTicks, type Lines } from './scale.ts'

const t = texts.overview.chart
/** Worth asking for while the figures are on their way: it is the largest part of the screen. */
export const loadDrawing = () => import('./drawing.tsx')
const Drawing = lazy(() => loadDrawing().then(({ Drawing }) => ({ default: Drawing })))
const HEIGHT = 280

export interface Point {
  /** Start of the interval. */
  at: string
  /** undefined: the interval has not begun. */
  value: number | undefined
  /** Of the same interval of the period it is compared with; undefined where that one has none. */
  compared?: number | undefined
}

export interface TimelineProps {
  points: readonly Point[]
  interval: Interval
  /** What the values are, as `Events`. */
  label: string
  comparedLabel?: string | undefined
  /** The last interval that has begun is not finished. */
  open: boolean
  format: (value: number) => string
}

/** A figure over time. ← and → walk along the points as a slider does, which screen readers pass on and read out; Esc puts the tooltip away. */
export function Timeline({ points, interval, label, comparedLabel, open, format }: TimelineProps) {
  const { zone, short, interval: nameOf } = useFormat()
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false })
  const { ref, width } = useElementSize()
  const [chosen, setChosen] = useState<number>()
  const last = points.length - 1
  const end = Math.max(
    0,
    points.findLastIndex(({ value }) => value !== undefined),
  )
  const at = chosen === undefined ? undefined : Math.min(chosen, end)
  const point = at === undefined ? undefined : points[at]

  const plotWidth = Math.max(0, width - plot.left - plot.right)
  // The same object while only the tooltip moves: the chart is not drawn again for that.
  const lines = useMemo((): Lines => {
    const values = points.map(({ value }) => value)
    const compared = comparedLabel === undefined ? undefined : points.map((point) => point.compared)
    const starts = points.map(({ at }) => at)
    const ticks = ticksOf(starts, interval, zone)
    return {
      ...{ values, compared, open, ticks, format: short },
      scale: scaleOf(Math.max(0, ...[...values, ...(compared ?? [])].map((value) => value ?? 0))),
      written: writtenTicks(ticks, plotWidth),
      colours: { line: seriesColours[scheme][0], ...greys[scheme] },
    }
  }, [points, comparedLabel, interval, zone, open, short, plotWidth, scheme])
  const { compared, scale, colours } = lines
  const xOf = (index: number): number => plot.left + (last === 0 ? plotWidth / 2 : (index / last) * plotWidth)
  const yOf = (value: number): number => plot.top + (1 - value / scale.max) * (HEIGHT - plot.top - plot.bottom)
  const timeOf = ({ at }: Point): string => (interval === 'week' ? t.weekOf(nameOf(at, interval)) : nameOf(at, interval))
  const isUnfinished = (index: number): boolean => open && index === end
  const said = (value: number | undefined): string => (value === undefined ? texts.shell.faces.none : format(value))
  const spoken = (point: Point, index: number): string =>
    [
      `${timeOf(point)}: ${said(point.value)} ${label}`,
      ...(point.compared === undefined || comparedLabel === undefined ? [] : [`${comparedLabel}: ${said(point.compared)}`]),
      ...(isUnfinished(index) ? [t.unfinished] : []),
    ].join('; ')

  const onPointer = (event: PointerEvent<HTMLDivElement>): void => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left
    setChosen(Math.max(0, Math.min(end, Math.round(((x - plot.left) / Math.max(1, plotWidth)) * last))))
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = { ArrowLeft: (at ?? end) - 1, ArrowRight: (at ?? end) + 1, ArrowDown: (at ?? end) - 1, ArrowUp: (at ?? end) + 1, Home: 0, End: end }[event.key]
    if (next !== undefined) {
      setChosen(Math.max(0, Math.min(end, next)))
      event.preventDefault()
      // The same keys shift the range of the screen.
      event.stopPropagation()
    } else if (event.key === 'Escape' && at !== undefined) {
      setChosen(undefined)
      event.stopPropagation()
    }
  }
  const shown = points[at ?? end]
  return (
    <div>
      <div
        ref={ref}
        className={classes['chart']}
        style={{ height: HEIGHT }}
        role="slider"
        tabIndex={0}
        aria-label={t.label(label)}
        aria-orientation="horizontal"
        aria-readonly="true"
        aria-valuemin={0}
        aria-valuemax={end}
        aria-valuenow={at ?? end}
        aria-valuetext={shown ? spoken(shown, at ?? end) : undefined}
        onPointerMove={onPointer}
        onPointerDown={onPointer}
        onPointerLeave={() => setChosen(undefined)}
        onFocus={({ currentTarget }) => currentTarget.matches(':focus-visible') && setChosen(end)}
        onBlur={() => setChosen(undefined)}
        onKeyDown={onKeyDown}
      >
        <Suspense fallback={<Skeleton height={HEIGHT} radius="sm" />}>
          <Drawing lines={lines} />
        </Suspense>
        {point?.value !== undefined && at !== undefined && width > 0 && (
          <>
            <svg className={classes['mark']} width={width} height={HEIGHT} aria-hidden="true">
              <line x1={xOf(at)} x2={xOf(at)} y1={plot.top} y2={HEIGHT - plot.bottom} stroke={colours.text} strokeDasharray="2 3" />
              {point.compared !== undefined && compared && <circle cx={xOf(at)} cy={yOf(point.compared)} r={3.5} fill={colours.compared} />}
              <circle cx={xOf(at)} cy={yOf(point.value)} r={4.5} fill={colours.line} stroke="var(--cairn-surface)" strokeWidth={2} />
            </svg>
            <div
              className={classes['tooltip']}
              style={xOf(at) > width / 2 ? { right: width - xOf(at) + 12, top: plot.top } : { left: xOf(at) + 12, top: plot.top }}
              aria-hidden="true"
            >
              <Text size="xs" c="dimmed">
                {timeOf(point)}
              </Text>
              <Group gap={6} wrap="nowrap">
                <Stroke colour={colours.line} width={2.5} />
                <Text size="sm" fw={600}>
                  {format(point.value)}
                </Text>
                <Text size="sm">{label}</Text>
              </Group>
              {compared && point.compared !== undefined && (
                <Group gap={6} wrap="nowrap">
                  <Stroke colour={colours.compared} width={1.5} />
                  <Text size="sm">
                    {format(point.compared)} <Change now={point.value} before={point.compared} />
                  </Text>
                </Group>
              )}
              {isUnfinished(at) && (
                <Text size="xs" c="dimmed">
                  {t.unfinished}
                </Text>
              )}
            </div>
          </>
        )}
      </div>
      <Behind
        label={t.label(label)}
        beside={
          <Group gap="md" mih={28}>
            {comparedLabel !== undefined && (
              <>
                <Legend colour={colours.line} width={2.5} text={label} />
                <Legend colour={colours.compared} width={1.5} text={comparedLabel} />
              </>
            )}
            {open && <Legend colour={colours.line} width={2} dashed text={t.unfinished} />}
          </Group>
        }
      >
        <thead>
          <tr>
            <th scope="col">{t.when}</th>
            <th scope="col">{label}</th>
            {comparedLabel !== undefined && <th scope="col">{comparedLabel}</th>}
          </tr>
        </thead>
        <tbody>
          {points.map((point, i) => (
            <tr key={point.at}>
              <th scope="row">
                {timeOf(point)}
                {isUnfinished(i) && ` (${t.unfinished})`}
              </th>
              <td>{said(point.value)}</td>
              {comparedLabel !== undefined && <td>{said(point.compared)}</td>}
            </tr>
          ))}
        </tbody>
      </Behind>
    </div>
  )
}

const greys: Record<'light' | 'dark', Omit<Lines['colours'], 'line'>> = {
  light: { compared: '#7c858f', text: '#5b6470', grid: '#e1e5e2' },
  dark: { compared: '#98a29b', text: '#a6b0a9', grid: '#343b37' },
}

const Stroke = ({ colour, width, dashed = false }: { colour: string; width: number; dashed?: boolean }) => (
  <svg width={18} height={8} aria-hidden="true" focusable="false">
    <line x1={1} x2={17} y1={4} y2={4} stroke={colour} strokeWidth={width} strokeDasharray={dashed ? '4 4' : undefined} />
  </svg>
)

const Legend = ({ text, ...stroke }: { colour: string; width: number; dashed?: boolean; text: string }) => (
  <Group gap={6} wrap="nowrap">
    <Stroke {...stroke} />
    <Text size="xs" c="dimmed">
      {text}
    </Text>
  </Group>
)
