export type { CpuAccess, DmaBuf } from './dma-buf.ts';
export {
  type AllocateOptions,
  DMA_BUF_EXPORTER,
  type DmaBufExporter,
  type Memfd,
  type MemfdSeal,
  UDMABUF,
  type Udmabuf,
} from './exporter.ts';
export { DMA_FENCES, type DmaFence, type DmaFences, type FenceCallback } from './fence.ts';
export type { DmaBufImporter } from './importer.ts';
export type { DmaDevice, DmaDirection, DmaMemory, ScatterEntry, ScatterTable } from './scatter-list.ts';
export type { SyncFenceInfo, SyncFile, SyncFileInfo } from './sync-file.ts';
export * from './uapi.ts';
