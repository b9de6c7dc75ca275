const MINUTE_MS = 60_000
const MOST = 1_000

/** The question for one event: those of its millisecond. Without it, those of around when its id was made, which an id of version 7 tells. */
export function lookup(workspace: string, id: string, at: string | undefined) {
  const ms = at === undefined ? Number.NaN : Date.parse(at)
  const made = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)
  const [from, to] = !Number.isNaN(ms) ? [ms, ms + 1] : [made - MINUTE_MS, made + MINUTE_MS]
  const isTime = Number.isFinite(from) && Math.abs(from) < Date.UTC(2200, 0)
  return { workspace, query: { ...(isTime ? { from: new Date(from).toISOString(), to: new Date(to).toISOString() } : {}), include_bots: true, limit: MOST } }
}
