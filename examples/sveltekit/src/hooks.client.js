// #region browser
import { init } from '@cairn/browser/svelte'
import { CAIRN_WRITE_KEY } from '$app/env/public'

init({ writeKey: CAIRN_WRITE_KEY, host: '/hello', auto: ['pageviews'] })
// #endregion
