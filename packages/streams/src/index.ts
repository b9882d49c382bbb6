export type { TransferCompletion, TransferPath, TransferStatus } from './completion.ts';
export { TransferEngine, type TransferSink } from './engine.ts';
export type { DisablePolicy, EngineOptions } from './engine-options.ts';
export { settled } from './live-engines.ts';
export { StreamStatistics } from './statistics.ts';
