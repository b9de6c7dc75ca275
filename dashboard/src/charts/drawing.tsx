import { LineChart, type LineSeriesOption } from 'echarts/charts'
import { GridSimpleComponent } from 'echarts/components'
import { init, use as register, type EChartsType } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'
import { plot, type Lines } from './scale.ts'

register([LineChart, GridSimpleComponent, SVGRenderer])

/**
 * The lines, and nothing else: what is read, pointed at and focused lies around it, in timeline.tsx. No animation: ECharts would write it as a
 * <style> without the nonce that the page’s policy asks for, and a figure that moves cannot be read.
 */
export function Drawing({ lines }: { lines: Lines }) {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<EChartsType>(undefined)
  useEffect(() => {
    if (!box.current) return undefined
    const made = init(box.current, undefined, { renderer: 'svg' })
    chart.current = made
    const observer = new ResizeObserver(() => made.resize())
    observer.observe(box.current)
    return () => {
      observer.disconnect()
      made.dispose()
    }
  }, [])
  useEffect(() => {
    chart.current?.setOption(optionOf(lines), { notMerge: true })
  }, [lines])
  return <div ref={box} aria-hidden="true" style={{ position: 'absolute', inset: 0 }} />
}

function optionOf({ values, compared, open, ticks, written, scale, format, colours }: Lines) {
  const end = values.findLastIndex((value) => value !== undefined)
  const single = values.length === 1
  const line = (data: (number | undefined)[], color: string, width: number): LineSeriesOption => ({
    type: 'line',
    data: data.map((value) => value ?? null),
    silent: true,
    symbol: end === 0 ? 'circle' : 'none',
    symbolSize: 8,
    lineStyle: { color, width, cap: 'round', join: 'round' },
    itemStyle: { color },
  })
  const filled = (series: LineSeriesOption): LineSeriesOption => ({ ...series, areaStyle: { color: colours.line, opacity: 0.1 } })
  const isDashed = open && end > 0
  const finished = isDashed ? values.toSpliced(end, 1, undefined) : [...values]
  const last = filled(
    line(
      values.map((value, i) => (i >= end - 1 ? value : undefined)),
      colours.line,
      2,
    ),
  )
  const axisLabel = { color: colours.text, fontSize: 12, fontFamily: 'inherit' }
  return {
    animation: false,
    grid: plot,
    xAxis: {
      type: 'category',
      data: ticks.map(({ text }) => text),
      boundaryGap: single,
      axisLine: { lineStyle: { color: colours.grid } },
      axisTick: { show: false },
      axisLabel: { ...axisLabel, interval: (i: number) => written.has(i), alignMinLabel: 'left', alignMaxLabel: 'right', margin: 10 },
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: scale.max,
      interval: scale.step,
      axisLabel: { ...axisLabel, formatter: format, margin: 10 },
      splitLine: { lineStyle: { color: colours.grid } },
    },
    series: [
      ...(compared ? [line([...compared], colours.compared, 1.5)] : []),
      filled(line(finished, colours.line, 2)),
      ...(isDashed ? [{ ...last, lineStyle: { ...last.lineStyle, type: [4, 5], cap: 'butt' } }] : []),
    ],
  }
}
