export type { Addon, Aio, Mapping, Poller } from './addon.ts';
export { loadAddon } from './load.ts';
