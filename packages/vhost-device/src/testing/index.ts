export type { InterruptHandler, InterruptMessage } from './interrupt-buffers.ts';
export { type ConnectOptions, type EnableOptions, PciDriver } from './pci-driver.ts';
