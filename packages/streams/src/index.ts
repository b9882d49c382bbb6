export type { BackPressure } from './back-pressure.ts';
export {
  type AllocatePoolOptions,
  BufferPool,
  type BufferPoolOptions,
  type BufferTaker,
  type CancelSignal,
  type HeldBuffer,
  type PoolReport,
} from './buffer-pool.ts';
export type { BufferSlice, BufferSource, TransferInput } from './buffer-source.ts';
export type { TransferCompletion, TransferPath, TransferStatus } from './completion.ts';
export type { Towards } from './endpoint-direction.ts';
export { TransferEngine, type TransferSink } from './engine.ts';
export type { DisablePolicy, EngineOptions } from './engine-options.ts';
export type { ByteSource } from './fill-buffers.ts';
export type { Framing, FramingOptions } from './framing.ts';
export { iterate } from './iterate.ts';
export { collectBytes, type ReceiveBytesOptions, receiveBytes } from './receive-bytes.ts';
export { type ReceiveOptions, receiveFrom } from './receive-from.ts';
export type { ReceivedTransfer } from './received.ts';
export { type SendBytesOptions, sendBytes } from './send-bytes.ts';
export { settled } from './settled.ts';
export { type CopyReason, StreamStatistics } from './statistics.ts';
export { type TransferToOptions, transferTo } from './transfer-to.ts';
