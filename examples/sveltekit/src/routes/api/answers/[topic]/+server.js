import { error, json } from '@sveltejs/kit'
import { topics } from '../../../../topics.js'
// #region track
import { track } from '@cairn/node'

export async function POST({ params, request, locals }) {
  const topic = topics[params.topic] ?? error(404, 'No such topic.')
  const { question } = await request.json()
  track('question_answered', {
    userId: locals.user,
    sessionId: request.headers.get('x-session'),
    entityType: 'topic',
    entityId: params.topic,
    metadata: { length: question.length },
  })
  return json({ answer: topic.answer })
}
// #endregion
