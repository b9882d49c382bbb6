export { type BlockStore, type MemoryStore, memoryStore } from '@gadgetloom/usb-classes/mass-storage';
export type { DiskUnit, MassStorage, StorageEvent } from './disk-units.ts';
export { massStorage } from './mass-storage.ts';
export type { MassStorageOptions, UnitFields } from './options.ts';
