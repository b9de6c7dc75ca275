// #region mount
import { mountCairn } from '@cairn/node/sveltekit'
import { CAIRN_URL } from '$app/env/private'

export const { GET, POST, OPTIONS } = mountCairn({ host: CAIRN_URL, path: '/hello' })
// #endregion
