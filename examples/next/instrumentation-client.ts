// #region browser
import { init } from '@cairn/browser'

init({ writeKey: process.env.NEXT_PUBLIC_CAIRN_WRITE_KEY!, host: '/hello', auto: ['pageviews'] })
// #endregion
