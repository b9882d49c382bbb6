export type { Addon, Aio, Mapping, Poller } from './addon.ts';
export { loadAddon } from './load.ts';
export { USBFS_REQUESTS, type Usbfs, type UsbfsRequest } from './usbfs.ts';
