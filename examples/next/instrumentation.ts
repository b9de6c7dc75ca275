// #region server
export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { init } = await import('@cairn/node')
  init({ host: process.env.CAIRN_URL!, writeKey: process.env.CAIRN_WRITE_KEY! })
}
// #endregion
