export type { TransferCompletion, TransferStatus } from './completion.ts';
