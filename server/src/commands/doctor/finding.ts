/** What a check found. `skipped`: it could not be asked, which says nothing. */
export interface Finding {
  status: 'ok' | 'warning' | 'failed' | 'skipped'
  says: string
  /** What to do about it. */
  remedy?: string
}
