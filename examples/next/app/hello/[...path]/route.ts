// #region mount
import { mountCairn } from '@cairn/node/next'

export const { GET, POST, OPTIONS } = mountCairn({ host: process.env.CAIRN_URL!, path: '/hello' })
// #endregion
