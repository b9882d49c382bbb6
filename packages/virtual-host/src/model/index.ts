export type { Cable, UnplugPoint } from './cable.ts';
export { CONTROL_TIMEOUT, type ControlTransfer } from './control-pipe.ts';
export type { HostDevice } from './host-device.ts';
export type { HostPipe, TransferResult } from './host-pipe.ts';
export { VIRTUAL_HOST, virtualHost } from './plugin.ts';
export { type BusTimes, busTimes, transferTime } from './timing/bus-times.ts';
export { VirtualHost, type VirtualHostOptions } from './virtual-host.ts';
