/** A level-triggered interrupt line as the hardware sees it. */
export interface InterruptLine {
  /** Asserts the line; harmless while it is asserted. */
  raise(): void;
  /** Releases it; harmless while it is released. */
  lower(): void;
}
