import { texts } from '../texts/texts.ts'
import { useFormat } from '../ui/format.ts'
import classes from './charts.module.css'

const t = texts.overview.change

/** By how much a figure differs from the one it is compared with. Words for screen readers, a sign for eyes; colour only repeats the sign. */
export function Change({ now, before }: { now: number; before: number }) {
  const { percent } = useFormat()
  if (now === before) return <span className={classes['change']}>{t.same}</span>
  if (before === 0) return <span className={classes['change']}>{t.fromNothing}</span>
  const share = percent(Math.abs(now - before) / before, Math.abs(now - before) / before < 0.1 ? 1 : 0)
  const isMore = now > before
  return (
    <span className={classes['change']} data-direction={isMore ? 'more' : 'less'}>
      <span aria-hidden="true">
        {isMore ? '▲' : '▼'} {share}
      </span>
      <span className="only-read">{isMore ? t.more(share) : t.less(share)}</span>
    </span>
  )
}
