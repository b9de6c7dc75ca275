import { error } from '@sveltejs/kit'
import { topics } from '../../../topics.js'

export const load = ({ params }) => ({ topic: params.topic, ...(topics[params.topic] ?? error(404, 'No such topic.')) })
