import { Stack } from '@mantine/core'
import type { Question } from '@cairn/wire/questions/question'
import { useQuery } from '@tanstack/react-query'
import { useWorkspace } from '../../account.tsx'
import { askQuestion } from '../../questions/use-answer.ts'
import { texts } from '../../texts/texts.ts'
import { Copyable } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Faces } from '../../ui/faces.tsx'

const t = texts.insights.explorer

/** The question as a call of the API, and as what the store is asked. */
export function CallAndSql({ question, close }: { question: Question; close: () => void }) {
  const { slug } = useWorkspace()
  const explained = useQuery({ ...askQuestion(slug, { ...question, explain: true }), placeholderData: undefined })
  return (
    <Dialog title={t.callTitle} close={close} wide>
      <Stack gap="md">
        <Copyable value={curlOf(question)} label={t.curl} />
        <Faces of={explained}>{({ sql }) => <Copyable value={sql ?? ''} label={t.sql} />}</Faces>
      </Stack>
    </Dialog>
  )
}

/** For a shell: within single quotes, so that nothing in it is expanded. */
const curlOf = (question: Question): string =>
  `curl -X POST '${window.location.origin}/api/query' \\\n  -H "Authorization: Bearer $CAIRN_SECRET_KEY" \\\n  -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(question).replaceAll("'", `'\\''`)}'`
