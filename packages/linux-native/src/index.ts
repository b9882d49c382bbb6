export type { Addon, Mapping, Poller } from './addon.ts';
export { loadAddon } from './load.ts';
