export { BulkOnlyHost, type CommandResult, type HostCommand, type HostPipes } from './bulk-only-host.ts';
export { MemoryBus, type MemoryBusOptions } from './memory-bus.ts';
export { type SampleDisk, type ServedDisk, sampleDisk } from './sample-disk.ts';
