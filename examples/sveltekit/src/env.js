// #region env
import { defineEnvVars } from '@sveltejs/kit/env'

export const variables = defineEnvVars({
  CAIRN_URL: { public: false },
  CAIRN_WRITE_KEY: { public: true },
})
// #endregion
