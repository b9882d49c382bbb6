/**
 * A message between a driver and a PCI device over virtio: operation (8 bits), BAR (8), reserved (16), size (32),
 * address (64), data. Source: include/uapi/linux/virtio_pcidev.h.
 */
export const HEADER_BYTES = 16;

/** Operations of the driver: the queue of commands. */
export const Operation = {
  CONFIGURATION_READ: 1,
  CONFIGURATION_WRITE: 2,
  MMIO_READ: 3,
  MMIO_WRITE: 4,
  MMIO_MEMSET: 5,
} as const;

/** Operations of the device: the queue of interrupts. */
export const Signal = {
  /** INTx: the address is the pin, 1 to 4. */
  INT: 6,
  /** A write to memory: address and data. */
  MSI: 7,
} as const;

/** Virtqueues of a device: one for the driver's commands, one for interrupts. */
export const COMMAND_QUEUE = 0;
export const INTERRUPT_QUEUE = 1;
/** By number. */
export const QUEUE_NAMES = ['cmd', 'irq'] as const;
