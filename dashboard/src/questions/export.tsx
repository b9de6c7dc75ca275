import { Menu } from '@mantine/core'
import { texts } from '../texts/texts.ts'
import { saidFailure } from '../ui/notice.ts'
import { save } from '../ui/save.ts'
import type { Answer } from './use-answer.ts'

const t = texts.insights.explorer

interface Exported {
  answer: Answer | undefined
  /** What its picture is taken of. */
  drawn: () => Element | null
  /** Of the file, without its ending. */
  name: string
}

/** An answer as a file, as items of a menu. What makes a file is loaded once somebody wants one. */
export function ExportItems({ answer, drawn, name }: Exported) {
  const keep = (ending: string, make: () => Promise<Blob | undefined>) => (): void =>
    void make().then((blob) => blob && save(blob, `${name}.${ending}`), saidFailure)
  const csv = keep('csv', async () => answer && (await import('./csv.ts')).csvOf(answer))
  const xlsx = keep('xlsx', async () => answer && (await import('./xlsx.ts')).xlsxOf(answer))
  const png = keep('png', async () => {
    const within = drawn()
    return within ? await (await import('./png.ts')).pngOf(within) : undefined
  })
  return (
    <>
      <Menu.Item onClick={csv}>{t.csv}</Menu.Item>
      <Menu.Item onClick={xlsx}>{t.xlsx}</Menu.Item>
      <Menu.Item onClick={png}>{t.png}</Menu.Item>
    </>
  )
}
