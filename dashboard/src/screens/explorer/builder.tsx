import { Button, Checkbox, Stack } from '@mantine/core'
import type { Filter, Question } from '@cairn/wire/questions/question'
import { filtersOf, inKind, kinds, stepsOf } from '../../questions/question.ts'
import { texts } from '../../texts/texts.ts'
import classes from './explorer.module.css'
import { Filters } from './filters.tsx'
import { Parts } from './parts.tsx'

const t = texts.insights

/** Everything that a question says, to be chosen. What a change leads to is shown as soon as it is made. */
export function Builder({ question, change }: { question: Question; change: (question: Question) => void }) {
  return (
    <Stack gap="md" className={classes['part'] ?? ''} component="section" aria-label={t.builder.label}>
      <div className={classes['kinds']} role="group" aria-label={t.builder.kind}>
        {kinds.map((kind) => (
          <Button
            key={kind}
            size="compact-sm"
            variant={question.kind === kind ? 'filled' : 'default'}
            aria-pressed={question.kind === kind}
            title={t.kindHints[kind]}
            onClick={() => question.kind !== kind && change(inKind(kind, question))}
          >
            {t.kinds[kind]}
          </Button>
        ))}
      </div>
      <Parts key={question.kind} question={question} change={change} />
      {question.kind !== 'sql' && (
        <>
          <Stack gap={6}>
            <p className={classes['label']}>{t.filters.title}</p>
            <Filters
              filters={question.filters ?? []}
              steps={stepsOf(question)}
              of={t.filters.whole}
              change={(filters: Filter[]) => change({ ...question, filters: filters.length === 0 ? undefined : filtersOf(filters) })}
            />
          </Stack>
          <Checkbox
            size="xs"
            label={t.builder.bots}
            checked={question.include_bots ?? false}
            onChange={({ currentTarget }) => change({ ...question, include_bots: currentTarget.checked || undefined })}
          />
          <Checkbox
            size="xs"
            label={t.builder.internal}
            checked={question.include_internal ?? false}
            onChange={({ currentTarget }) => change({ ...question, include_internal: currentTarget.checked || undefined })}
          />
        </>
      )}
    </Stack>
  )
}
