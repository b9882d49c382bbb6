export { type BlockStore, DEFAULT_BLOCK_SIZE } from './block-store.ts';
export { BulkOnlyDisk, type BulkOnlyOptions, BulkOnlyRequest } from './bulk-only/bulk-only-disk.ts';
export type { BulkPipes, PipeBuffer } from './bulk-only/pipes.ts';
export {
  CBW_LENGTH,
  CommandStatus,
  type CommandWrapper,
  CSW_LENGTH,
  decodeCommand,
  decodeStatus,
  encodeCommand,
  encodeStatus,
  type StatusWrapper,
  type WrapperDefect,
} from './bulk-only/wrappers.ts';
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from './memory-store.ts';
export type { CommandContext, CommandTable, Outcome, ScsiCommand } from './scsi/command.ts';
export { LogicalUnit, type Medium, type UnitEvents, type UnitOptions } from './scsi/logical-unit.ts';
export { DISK, KERNEL_DISK } from './scsi/personalities.ts';
export type { ModePage, ModeState, Personality } from './scsi/personality.ts';
export { CheckCondition, fixedSense, Sense, type SenseCode, senseOfError } from './sense.ts';
