/** Registers of a type 0 configuration space. Source: PCI Local Bus Specification 3.0, 6.1 and 6.2. */
export const CONFIG = {
  VENDOR: 0x00,
  DEVICE: 0x02,
  COMMAND: 0x04,
  STATUS: 0x06,
  REVISION: 0x08,
  CLASS_CODE: 0x09,
  CACHE_LINE_SIZE: 0x0c,
  LATENCY_TIMER: 0x0d,
  BAR: 0x10,
  SUBSYSTEM_VENDOR: 0x2c,
  SUBSYSTEM_DEVICE: 0x2e,
  CAPABILITIES: 0x34,
  INTERRUPT_LINE: 0x3c,
  INTERRUPT_PIN: 0x3d,
} as const;

/** Bits of the command register that a function with memory BARs has. */
export const Command = { MEMORY: 1 << 1, MASTER: 1 << 2, PARITY: 1 << 6, SERR: 1 << 8, INTX_DISABLE: 1 << 10 } as const;
/** Bits of the status register. */
export const Status = { INTERRUPT: 1 << 3, CAPABILITIES: 1 << 4 } as const;

/** An MSI capability with 64-bit addresses and one vector, at an offset of its own. Source: the same, 6.8.1. */
export const MSI = {
  at: 0x40,
  ID: 0x05,
  CONTROL: 0x42,
  ADDRESS: 0x44,
  ADDRESS_HIGH: 0x48,
  DATA: 0x4c,
} as const;
/** Bits of its control register. */
export const MsiControl = { ENABLE: 1, ADDRESS_64: 1 << 7 } as const;

/** Bytes of a conventional function's configuration space. */
export const CONFIG_BYTES = 256;
/** Number of BARs. */
export const MOST_BARS = 6;
