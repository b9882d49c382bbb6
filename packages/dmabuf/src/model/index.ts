export { Attachment, type ImporterOps } from './attachment.ts';
export { DmaBufObject } from './buffer-object.ts';
export { ContractViolation } from './contract-violation.ts';
export {
  type CoherentMemory,
  DmaAddressSpace,
  type DmaAddressSpaceOptions,
  type DmaFault,
} from './dma-address-space.ts';
export { DmaBufFile } from './dma-buf-file.ts';
export type { DmaBufOps, ExportInfo } from './exporter-ops.ts';
export { Fence, type FenceHome, type FenceOps, isLaterSeqno } from './fence.ts';
export { FenceArray, matchesContext } from './fence-array.ts';
export { containedFence, FenceChain, findSeqno, walkChain } from './fence-chain.ts';
export type { FenceMaker } from './fence-maker.ts';
export { mergeFences, privateStub, unwrapFences } from './fence-unwrap.ts';
export { type FirstSignaled, waitForAnyFence } from './fence-wait.ts';
export { FileTable } from './file-table.ts';
export { HeapModel, type HeapModelOptions } from './heap.ts';
export type { Interrupt } from './interrupt.ts';
export { MemfdModel } from './memfd.ts';
export { type MemoryModelOptions, memoryModel } from './memory-model.ts';
export { DmaBufModel, type DmaBufModelOptions } from './model.ts';
export { PageAddresses, type PageAddressesOptions, type PageLayout } from './page-addresses.ts';
export { allocateMemory, ContiguousPages, freeMemory, type PageSource, type Pages, pageAlign } from './pages.ts';
export { Reservation } from './reservation.ts';
export { ReservationCursor } from './reservation-cursor.ts';
export type { ReservationSlots } from './reservation-slots.ts';
export {
  type ExhaustMemory,
  SimulatedPages,
  type SimulatedPagesOptions,
} from './simulated-pages.ts';
export {
  type BufferStatistics,
  type DmaBufStatistics,
  type FenceStatistics,
  formatBufinfo,
  formatFdinfo,
} from './statistics.ts';
export { SwSyncTimeline } from './sw-sync.ts';
export { type SyncFileInfoAnswer, SyncFileModel } from './sync-file-model.ts';
export { DMA_BUF_MODEL } from './tokens.ts';
export { type UdmabufItem, UdmabufModel, type UdmabufModelOptions } from './udmabuf.ts';
export { USAGE_NAMES, Usage, usageRw } from './usage.ts';
export { AcquireContext, WwClass, WwMutex } from './ww-mutex.ts';
