import { useElementSize } from '@mantine/hooks'
import { useComputedColorScheme } from '@mantine/core'
import type { AnswerTo } from '@cairn/wire/questions/question'
import { useMemo } from 'react'
import { Behind } from '../charts/behind.tsx'
import classes from '../charts/figures.module.css'
import { laidOut } from '../charts/sankey.ts'
import { texts } from '../texts/texts.ts'
import { seriesColours } from '../theme.ts'
import { useFormat } from '../ui/format.ts'
import { TableRegion } from '../ui/table-region.tsx'
import type { ViewProps } from './lined.tsx'
import { Pressed } from './pressed.tsx'

const t = texts.insights.flow
const HEIGHT = 460
/** Of a widget’s height the button of its table. */
const TABLE_PX = 44
const LEAST_PX = 80
/** Narrower, names of nodes would stand on each other. */
const DEPTH_PX = 132

/** What follows what: a column for each step, bands as wide as sessions go that way. */
export function FlowView({ answer: { nodes, links }, height: room = HEIGHT, isSmall, press }: ViewProps<AnswerTo<'paths'>>) {
  const { number } = useFormat()
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false })
  const { ref, width } = useElementSize()
  const height = isSmall ? Math.max(LEAST_PX, room - TABLE_PX) : room
  const depths = 1 + Math.max(0, ...nodes.map(({ depth }) => depth))
  const wide = Math.max(width, depths * DEPTH_PX)
  const { boxes, bands } = useMemo(() => laidOut(nodes, links, { width: wide, height }), [nodes, links, wide, height])
  const labels = new Map(nodes.map(({ id, label }) => [id, label]))
  const colours = seriesColours[scheme]
  const names = [...new Set(nodes.map(({ label }) => label))]
  return (
    <div>
      <div ref={ref}>
        <TableRegion label={t.label} minWidth={0}>
          <svg width={wide} height={height} data-chart aria-hidden="true" className={classes['block']}>
            {bands.map(({ source, target, count, path, width: thick }) => (
              <path
                key={`${source} ${target}`}
                d={path}
                fill="none"
                stroke={colours[names.indexOf(labels.get(source) ?? '') % colours.length]}
                strokeWidth={Math.max(1, thick)}
                className={classes['band']}
                onClick={press && (() => press({ link: { source, target } }))}
                style={press ? { cursor: 'pointer' } : undefined}
              >
                <title>{`${labels.get(source)} → ${labels.get(target)}: ${number(count)}`}</title>
              </path>
            ))}
            {boxes.map(({ id, label, count, x, y, height: tall }) => (
              <g key={id} onClick={press && (() => press({ node: id }))} style={press ? { cursor: 'pointer' } : undefined}>
                <title>{`${label}: ${number(count)}`}</title>
                <rect x={x} y={y} width={10} height={Math.max(2, tall)} rx={2} fill={colours[names.indexOf(label) % colours.length]} />
                {tall > 11 && (
                  <text x={x + 15} y={y + tall / 2} dominantBaseline="central" className={classes['nodeName']}>
                    {label.length > 18 ? `${label.slice(0, 17)}…` : label} {number(count)}
                  </text>
                )}
              </g>
            ))}
          </svg>
        </TableRegion>
      </div>
      <Behind label={texts.insights.chart.table}>
        {(isSeen) => (
          <>
            <thead>
              <tr>
                {[t.from, t.to, t.sessions].map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {nodes
                .filter(({ depth }) => depth === 0)
                .map(({ id, label, count }) => (
                  <tr key={id}>
                    <th scope="row">{t.begin}</th>
                    <td>{label}</td>
                    <td>
                      <Pressed open={isSeen && press ? () => press({ node: id }) : undefined} name={label}>
                        {number(count)}
                      </Pressed>
                    </td>
                  </tr>
                ))}
              {links.map(({ source, target, count }) => (
                <tr key={`${source} ${target}`}>
                  <th scope="row">
                    {Number.parseInt(source, 10) + 1}. {labels.get(source)}
                  </th>
                  <td>{labels.get(target)}</td>
                  <td>
                    <Pressed
                      open={isSeen && press ? () => press({ link: { source, target } }) : undefined}
                      name={`${labels.get(source)} → ${labels.get(target)}`}
                    >
                      {number(count)}
                    </Pressed>
                  </td>
                </tr>
              ))}
            </tbody>
          </>
        )}
      </Behind>
    </div>
  )
}
