export type { Vigilance } from './attention.ts';
export type { DeviceStatistics } from './device-statistics.ts';
export type { GuestMemory } from './memory/guest-memory.ts';
export type { InterruptLine } from './pci/interrupt-line.ts';
export type { AccessSize, MmioSpace, PciBar, PciConfiguration, PciFunction, PciSlot } from './pci/pci-function.ts';
export { type ServeOptions, serveDevice, type VhostDevice } from './serve-device.ts';
