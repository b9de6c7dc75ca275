import { memo, type MouseEvent, type ReactNode } from 'react'
import { texts } from '../texts/texts.ts'
import classes from './list.module.css'

export interface Column<Row> {
  key: string
  head: string
  /** Of CSS; columns without one share what is left. */
  width?: string
  right?: boolean
  /** Its text is the link that opens the row. */
  main?: boolean
  /** Can be pressed by itself, and does not open the row. */
  above?: boolean
  cell: (row: Row) => ReactNode
}

interface Line<Row> {
  row: Row
  index: number
  height: number
  columns: ReadonlyArray<Column<Row>>
  href: string
  isActive: boolean
  isOpen: boolean
  open: (row: Row) => void
  reach: (index: number) => void
}

/** Drawn once: while the list scrolls, rows that stay in sight cost nothing. */
export const Line = memo(function Line<Row>({ row, index, height, columns, href, isActive, isOpen, open, reach }: Line<Row>) {
  return (
    <tr className={classes['row']} style={{ height }} data-index={index} data-open={isOpen ? '' : undefined} aria-rowindex={index + 2}>
      {columns.map(({ key, main, above, right, cell }) => (
        <td key={key} data-right={right ? '' : undefined}>
          {main ? (
            <a
              className={`${classes['open']} opens-row`}
              href={href}
              tabIndex={isActive ? 0 : -1}
              onFocus={() => reach(index)}
              onClick={(event) => {
                if (isElsewhere(event)) return
                event.preventDefault()
                open(row)
              }}
            >
              {cell(row)}
            </a>
          ) : above ? (
            <span className={classes['above']}>{cell(row)}</span>
          ) : (
            cell(row)
          )}
        </td>
      ))}
    </tr>
  )
}) as <Row>(props: Line<Row>) => ReactNode

/** The browser opens it in a window of its own. */
const isElsewhere = (event: MouseEvent): boolean => event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0

/** Stands for the rows that are not in the document. */
export const Space = ({ width, height }: { width: number; height: number }) => (
  <tr className={classes['space']} aria-hidden="true" style={{ height }}>
    <td colSpan={width} aria-hidden="true" />
  </tr>
)

/** A row that is being asked for. */
export const Ghost = ({ width, height }: { width: number; height: number }) => (
  <tr style={{ height }}>
    <td colSpan={width}>
      <span className="only-read">{texts.shell.faces.waiting}</span>
      <span className={classes['ghost']} />
    </td>
  </tr>
)
