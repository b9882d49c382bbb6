/** Why a stream copies: what ATTACH answered. EPERM no scatter-gather; ENOTTY the kernel is older than 6.9. */
export type CopyReason = 'EPERM' | 'ENOTTY';

/** What a stream has done so far. Pass it to a stream as `statistics`, and read it at any time. */
export class StreamStatistics {
  /** Transfers that are over, successful or not. */
  transfers = 0;
  /**
   * Bytes of the successful transfers: `actual` if it is known, else `requested`. A DMABUF OUT transfer that
   * a short packet ended counts as full, because the kernel does not tell.
   */
  bytes = 0;
  /** Transfers that ended with another status than `'ok'`. */
  errors = 0;
  /** Buffers that back-pressure dropped. They are not transfers. */
  dropped = 0;
  /** Transfers that were cancelled by a disable and submitted again (`onDisable: 'replay'`). */
  replayed = 0;
  /** Transfers that the kernel has now. */
  inFlight = 0;
  /** Why bytes are copied; `undefined` while DMABUFs are used. */
  copying: CopyReason | undefined = undefined;
}
