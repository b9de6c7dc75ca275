import { ActionIcon, Box, Menu, Text } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import type { Widget as Stored } from '@cairn/wire/api/boards'
import type { Figure, Question } from '@cairn/wire/questions/question'
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useRef, type ReactNode } from 'react'
import type { ApiError } from '../../api/client.ts'
import { AnswerChart } from '../../questions/answer.tsx'
import type { Annotation } from '../../questions/annotations.ts'
import { chartOf } from '../../questions/charts.ts'
import { ExportItems } from '../../questions/export.tsx'
import type { Answer } from '../../questions/use-answer.ts'
import { texts } from '../../texts/texts.ts'
import { Faces, Waiting } from '../../ui/faces.tsx'
import { useFormat } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'
import { ask } from '../../api/queries.ts'
import classes from './board.module.css'

const t = texts.boards.widget
/** So that nothing is cut by a pixel. */
const AROUND_PX = 8
const LEAST_PX = 90

type Chart = Stored['chart']
interface Framed {
  title: string
  /** Where it leads to, such as its question. */
  href?: { to: string; search?: Record<string, string> } | undefined
  menu?: ReactNode
  children: ReactNode
}

export const Frame = ({ title, href, menu, children }: Framed) => (
  <section className={classes['widget']} aria-label={title || t.untitled}>
    {(title !== '' || menu) && (
      <div className={classes['head']}>
        <h2 className={classes['title']} title={title}>
          {href ? <Link {...href}>{title}</Link> : title}
        </h2>
        {menu}
      </div>
    )}
    {children}
  </section>
)

/** What does not fit moves within it, by touch or by arrow keys. */
const Body = ({ label, isOld = false, children }: { label: string; isOld?: boolean; children: ReactNode }) => (
  <Box className={classes['body'] ?? ''} data-old={isOld || undefined} tabIndex={0} role="group" aria-label={label}>
    {children}
  </Box>
)

interface Answered {
  title: string
  chart: Chart
  question: Question | undefined
  answer: UseQueryResult<Answer, ApiError>
  href?: Framed['href']
  /** Where its question can be changed: the first of its menu. */
  explore?: ReactNode
  /** What else can be done with it. */
  more?: ReactNode
  annotations?: readonly Annotation[] | undefined
  /** What a press on a figure opens. */
  press?: ((figure: Figure) => void) | undefined
}

/** A widget that asks: its answer in its room, and its figures to take away. */
export function AnsweredWidget({ title, chart, question, answer, href, explore, more, annotations, press }: Answered) {
  const { ref, height } = useElementSize()
  const drawn = useRef<HTMLDivElement>(null)
  const name = title || t.untitled
  const menu = (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t.menu(name)} className={classes['noFull'] ?? ''}>
          <span aria-hidden="true">⋯</span>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {explore}
        <ExportItems answer={answer.data} drawn={() => drawn.current} name={name} />
        {more}
      </Menu.Dropdown>
    </Menu>
  )
  return (
    <Frame title={title} href={href} menu={menu}>
      <Body label={name} isOld={answer.isPlaceholderData}>
        <div ref={ref} style={{ height: '100%' }}>
          <div ref={drawn}>
            <Faces of={answer} waiting={<Waiting rows={1} height={Math.max(LEAST_PX, height - 8)} />}>
              {(data) => (
                <AnswerChart
                  question={question}
                  answer={data}
                  chart={chartOf(data.kind, chart)}
                  height={Math.max(LEAST_PX, height - AROUND_PX)}
                  press={press}
                  annotations={annotations}
                  isSmall
                />
              )}
            </Faces>
          </div>
        </div>
      </Body>
    </Frame>
  )
}

export const TextWidget = ({ title, text, menu }: { title: string; text: string; menu?: ReactNode }) => (
  <Frame title={title} menu={menu}>
    <Body label={title || t.text}>
      <p className={classes['text']}>{text}</p>
    </Body>
  </Frame>
)

const LIVE_MS = 10_000
const MOST_EVENTS = 20

/** The last events, asked for anew every ten seconds. */
export function LiveWidget({ workspace, title, menu }: { workspace: string; title: string; menu?: ReactNode }) {
  const format = useFormat()
  const events = useQuery({ ...ask('listEvents', { workspace, query: { days: 1, limit: MOST_EVENTS } }), refetchInterval: LIVE_MS })
  return (
    <Frame title={title || t.live} href={{ to: `/w/${workspace}/live` }} menu={menu}>
      <Body label={title || t.live}>
        <Faces of={events}>
          {({ events: last }) =>
            last.length === 0 ? (
              <Text c="dimmed">{t.quiet}</Text>
            ) : (
              <ul className={classes['live']}>
                {last.map(({ event_id, event_type, event_timestamp }) => (
                  <li key={event_id}>
                    <span>{event_type}</span>
                    <time dateTime={event_timestamp}>{format.clock(event_timestamp)}</time>
                  </li>
                ))}
              </ul>
            )
          }
        </Faces>
      </Body>
    </Frame>
  )
}

export const Remove = ({ remove }: { remove: () => void }) => (
  <Menu.Item color="red" leftSection={<Icon name="trash" size={14} />} onClick={remove}>
    {t.remove}
  </Menu.Item>
)
