/**
 * A level-triggered interrupt line as a device sees it: as long as it is asserted, the driver's handler is called again
 * and again. With MSI, each time that it becomes asserted is one message.
 */
export interface InterruptLine {
  /** Asserts the line; harmless while it is asserted. */
  raise(): void;
  /** Releases it; harmless while it is released. */
  lower(): void;
}
