/** The direction of a FIFO. With `both`, one FIFO serves either direction, one at a time. */
export type FifoStyle = 'transmit' | 'receive' | 'both';

/** A FIFO that the driver sets up (struct musb_fifo_cfg). */
export interface FifoSetup {
  /** Number of the endpoint, 1 to 15. */
  readonly endpoint: number;
  readonly style: FifoStyle;
  /** Bytes of a packet. The lowest bit that is set decides the size of the FIFO, which is at least 8. */
  readonly maxPacket: number;
  /** True if the FIFO has room for two packets. */
  readonly double?: boolean;
}

/** `[first, last]` endpoint, style, bytes, and `'double'`. */
type Row = readonly [first: number, last: number, style: 'pair' | FifoStyle, bytes: number, double?: 'double'];

function table(...rows: readonly Row[]): readonly FifoSetup[] {
  return rows.flatMap(([first, last, style, maxPacket, double]) => {
    const styles: readonly FifoStyle[] = style === 'pair' ? ['transmit', 'receive'] : [style];
    const numbers = Array.from({ length: last - first + 1 }, (_, at) => first + at);
    return numbers.flatMap((endpoint) =>
      styles.map((one) => ({ endpoint, style: one, maxPacket, ...(double && { double: true }) })),
    );
  });
}

/**
 * The tables that the module parameter `fifo_mode` chooses from, and the RAM that they need: 2, 4, 4, 4, 16 and 8 KiB.
 * Source: musb_core.c, mode_0_cfg to mode_5_cfg.
 */
export const FIFO_MODES: readonly (readonly FifoSetup[])[] = [
  table([1, 1, 'pair', 512], [2, 2, 'both', 512], [3, 4, 'both', 256]),
  table([1, 1, 'pair', 512, 'double'], [2, 2, 'both', 512, 'double'], [3, 4, 'both', 256]),
  table([1, 2, 'pair', 512], [3, 3, 'both', 960], [4, 4, 'both', 1024]),
  table([1, 1, 'pair', 512, 'double'], [2, 2, 'pair', 512], [3, 4, 'both', 256]),
  [
    ...table([1, 9, 'pair', 512]),
    ...[10, 11, 12].flatMap((number) => table([number, number, 'transmit', 256], [number, number, 'receive', 64])),
    ...table([13, 13, 'both', 4096], [14, 15, 'both', 1024]),
  ],
  table([1, 5, 'pair', 512], [6, 12, 'pair', 32], [13, 13, 'both', 512], [14, 15, 'both', 1024]),
];

/** The mode that the driver uses when the platform names none (musb_init_controller). */
export const DEFAULT_FIFO_MODE = 4;
