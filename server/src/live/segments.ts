/** Sealed segments in one order, as live reads them: those of this node (ingest/recent.ts), or of all nodes (shared.ts). */
export interface Segments {
  /** Number of the last segment; of the last that went where there is none. */
  readonly last: number
  /** Segments up to this number are no longer here. */
  readonly gone: number
  /** The first segment behind that number. */
  after(number: number): number | undefined
  /** Undefined where it is gone. */
  read(number: number): Promise<Buffer | undefined>
  /** `added` is called for each segment from now on. */
  follow(added: () => void): void
}
