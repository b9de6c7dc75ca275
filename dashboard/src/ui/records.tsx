import { Table } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import type { ReactNode } from 'react'
import classes from './records.module.css'
import { TableRegion } from './table-region.tsx'

export interface Field<One> {
  head: string
  cell: (one: One) => ReactNode
  right?: boolean
  /** What can be done with one: its head is for screen readers only. */
  isAction?: boolean
}

interface Props<One> {
  label: string
  /** The first of them says which one it is. */
  fields: ReadonlyArray<Field<One>>
  of: readonly One[]
  keyOf: (one: One) => string
  /** Of the table; where there is less room it is moved sideways. */
  minWidth: number
  /** It has a surface of its own. */
  framed?: boolean
}

/** A short table; on a phone, where its columns have no room, one card for each row. */
export function Records<One>({ label, ...props }: Props<One>) {
  const isPhone = useMediaQuery('(max-width: 48em)', undefined, { getInitialValueInEffect: false })
  return isPhone ? <Cards label={label} {...props} /> : <Rows label={label} {...props} />
}

function Rows<One>({ label, fields: [first, ...others], of, keyOf, minWidth, framed = false }: Props<One>) {
  return (
    <TableRegion label={label} minWidth={minWidth}>
      <Table aria-label={label} verticalSpacing={framed ? 'sm' : 'xs'} {...(framed ? { className: classes['framed'] ?? '' } : { horizontalSpacing: 6 })}>
        <Table.Thead>
          <Table.Tr>
            {[...(first ? [first] : []), ...others].map(({ head, right, isAction }) => (
              <Table.Th key={head} scope="col" {...(right ? { ta: 'right' } : {})}>
                {isAction ? <span className="only-read">{head}</span> : head}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {of.map((one) => (
            <Table.Tr key={keyOf(one)}>
              <Table.Th scope="row" fw={400}>
                {first?.cell(one)}
              </Table.Th>
              {others.map(({ head, cell, right, isAction }) => (
                <Table.Td key={head} {...(right || isAction ? { ta: 'right' } : {})}>
                  {cell(one)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </TableRegion>
  )
}

const isSaid = (cell: ReactNode): boolean => cell !== null && cell !== undefined && cell !== false && cell !== ''

const Cards = <One,>({ label, fields: [first, ...others], of, keyOf, framed = false }: Props<One>) => (
  <ul className={classes['cards']} aria-label={label} data-framed={framed || undefined}>
    {of.map((one) => (
      <li key={keyOf(one)}>
        <div>{first?.cell(one)}</div>
        <dl>
          {others
            .filter(({ isAction, cell }) => !isAction && isSaid(cell(one)))
            .map(({ head, cell }) => (
              <div key={head}>
                <dt>{head}</dt>
                <dd>{cell(one)}</dd>
              </div>
            ))}
        </dl>
        {others
          .filter(({ isAction }) => isAction)
          .map(({ head, cell }) => (
            <div key={head}>{cell(one)}</div>
          ))}
      </li>
    ))}
  </ul>
)
