import { ActionIcon, CopyButton, Group } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { texts } from '../../texts/texts.ts'
import { useFormat } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'
import { useAddresses } from './addresses.ts'
import { nameOf } from './filters.tsx'
import classes from './tree.module.css'

const t = texts.events.detail

/** JSON as a tree. `field`: the name before the path, where its values can be filtered by. */
export function JsonTree({ json, field, path = '' }: { json: Readonly<Record<string, unknown>>; field?: 'metadata' | 'context'; path?: string }) {
  const { number } = useFormat()
  return (
    <ul className={path === '' ? classes['tree'] : undefined}>
      {Object.entries(json).map(([name, value]) => {
        const here = path + name
        if (typeof value === 'object' && value !== null && Object.keys(value).length > 0)
          return (
            <li key={name}>
              <details open={!Array.isArray(value)}>
                <summary>
                  {name} {Array.isArray(value) && <small>{t.items(number(value.length))}</small>}
                </summary>
                {/* Lists are looked at, not filtered by: no value of an event equals a list. */}
                <JsonTree json={value as Record<string, unknown>} path={`${here}.`} {...(field && !Array.isArray(value) ? { field } : {})} />
              </details>
            </li>
          )
        const kind = value === null ? 'null' : typeof value
        const isScalar = kind !== 'null' && kind !== 'object'
        const text = kind === 'object' ? t.emptyObject : String(value)
        return (
          <li key={name} className={classes['line']}>
            <span className={classes['name']}>{name}</span>
            <span className={classes['value']} data-kind={kind}>
              {text}
            </span>
            <ValueActions value={text} label={here} {...(field && isScalar && text !== '' ? { filter: `${field}.${here}` } : {})} />
          </li>
        )
      })}
    </ul>
  )
}

/** Copies a value, and narrows the list of events to it. */
export function ValueActions({ value, label, filter }: { value: string; label: string; filter?: string }) {
  const { narrowed } = useAddresses()
  return (
    <Group gap={2} wrap="nowrap">
      {filter && (
        <ActionIcon
          renderRoot={(props) => <Link {...props} {...narrowed(filter, value)} />}
          variant="subtle"
          color="gray"
          size={26}
          aria-label={t.filterBy(nameOf(filter), value)}
          title={t.filterBy(nameOf(filter), value)}
        >
          <Icon name="filter" size={14} />
        </ActionIcon>
      )}
      <CopyButton value={value} timeout={2_000}>
        {({ copied, copy }) => (
          <ActionIcon
            variant="subtle"
            color="gray"
            size={26}
            onClick={copy}
            aria-label={copied ? texts.shell.faces.copied : `${texts.shell.faces.copy}: ${t.copyOf(label)}`}
          >
            <Icon name={copied ? 'check' : 'copy'} size={14} />
          </ActionIcon>
        )}
      </CopyButton>
    </Group>
  )
}
