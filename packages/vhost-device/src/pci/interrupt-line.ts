/**
 * A level-triggered interrupt line as a device sees it: while it is asserted, the kernel calls the driver's handler
 * again and again. With MSI, each assertion sends one message.
 */
export interface InterruptLine {
  /** Asserts the line; harmless while it is asserted. */
  raise(): void;
  /** Releases it; harmless while it is released. */
  lower(): void;
}
