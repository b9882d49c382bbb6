import { type Clock, KernelError, type OpenFile, type TraceSink } from '@gadgetloom/core';
import type { DmaFences } from '../fence.ts';
import type { DmaDevice, DmaDirection } from '../scatter-list.ts';
import { DmaBufObject } from './buffer-object.ts';
import { ContractViolation } from './contract-violation.ts';
import { DmaBufFile } from './dma-buf-file.ts';
import { checkExport, type ExportInfo } from './exporter-ops.ts';
import type { Fence } from './fence.ts';
import type { FenceMaker } from './fence-maker.ts';
import { privateStub } from './fence-unwrap.ts';
import { FileTable } from './file-table.ts';
import { type DmaBufStatistics, describeBuffers } from './statistics.ts';
import { SyncFences } from './sync-fences.ts';
import { SyncFileModel } from './sync-file-model.ts';
import { WwClass } from './ww-mutex.ts';

/** Options of a {@link DmaBufModel}. */
export interface DmaBufModelOptions {
  readonly clock: Clock;
  readonly trace?: TraceSink | undefined;
  /** Descriptors of the process; share it with other models of the same kernel. */
  readonly files?: FileTable;
  /** CONFIG_DMABUF_MOVE_NOTIFY: mappings of dynamic exporters need not be pinned. Off unless given, as in Kconfig. */
  readonly moveNotify?: boolean;
}

/** The dma-buf subsystem of one simulated kernel: its buffers, its fences, and the process that uses them. */
export class DmaBufModel implements FenceMaker {
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  readonly files: FileTable;
  readonly moveNotify: boolean;
  /** The class of the locks of all its buffers (reservation_ww_class). */
  readonly wwClass = new WwClass();
  /** The port that merges sync files. */
  readonly fences: DmaFences;
  /** The fence that stands for "nothing to wait for": signaled, context 0, seqno 0 (dma_fence_get_stub). */
  readonly stub: Fence;
  readonly #buffers = new Set<DmaBufObject>();
  #nextContext = 1;
  #inodes = 0;

  constructor(options: DmaBufModelOptions) {
    this.clock = options.clock;
    this.trace = options.trace;
    this.files = options.files ?? new FileTable();
    this.moveNotify = options.moveNotify ?? false;
    this.fences = new SyncFences(this);
    this.stub = privateStub(this, this.clock.now());
  }

  /**
   * Allocates numbers for `count` fence contexts and returns the first (dma_fence_context_alloc). They start at 1.
   *
   * @throws ContractViolation `count` is 0
   */
  allocateContexts(count: number = 1): number {
    if (!(count > 0)) throw new ContractViolation('dma_fence_context_alloc', 'allocate at least one context.');
    const first = this.#nextContext;
    this.#nextContext += count;
    return first;
  }

  /**
   * Makes a buffer of what an exporter has (dma_buf_export). The caller holds its one reference.
   *
   * @throws KernelError EINVAL the operations break a rule, which the message names; ENOENT the owner is going away
   */
  export(info: ExportInfo): DmaBufObject {
    checkExport(info);
    const object = new DmaBufObject(this, info, ++this.#inodes);
    this.#buffers.add(object);
    this.report('buffer exported', object);
    return object;
  }

  /**
   * A descriptor for a buffer; it takes over the caller's reference (dma_buf_fd).
   *
   * @param fdFlags O_CLOEXEC or 0
   * @throws KernelError EMFILE; the reference stays with the caller then
   */
  open(object: DmaBufObject, fdFlags = 0, operation = 'dma_buf_fd'): DmaBufFile {
    return new DmaBufFile(object, fdFlags, operation);
  }

  /**
   * The buffer behind a descriptor (dma_buf_get). It takes no reference: call `ref` to keep it.
   *
   * @throws KernelError EBADF closed; EINVAL not a buffer of this kernel
   */
  get(file: OpenFile, operation = 'dma_buf_get'): DmaBufObject {
    if (file.fd < 0) throw new KernelError('EBADF', operation, 'This file has been closed.');
    if (!(file instanceof DmaBufFile) || file.object.model !== this)
      throw new KernelError('EINVAL', operation, 'This file is not a dma-buf.');
    return file.object;
  }

  /** A sync file that holds `fence` (sync_file_create). Without a name it is called after the fence. @throws KernelError EMFILE */
  syncFile(fence: Fence, name = '', operation = 'sync_file_create'): SyncFileModel {
    return SyncFileModel.open(this, fence, name, operation);
  }

  /** The buffers that debugfs lists in dma_buf/bufinfo, the newest first. */
  statistics(): DmaBufStatistics {
    return describeBuffers([...this.#buffers].reverse());
  }

  /** Called by DmaBufObject when it is released. */
  forget(object: DmaBufObject): void {
    this.#buffers.delete(object);
    this.report('buffer released', object);
  }

  /** Called by the parts of the model when something happened to a buffer. */
  report(what: string, object: DmaBufObject, device?: DmaDevice, direction?: DmaDirection): void {
    if (this.trace === undefined) return;
    const { inode, exporterName, size } = object;
    const details = { inode, exporter: exporterName, size, device: device?.name, direction };
    this.trace.event({ at: this.clock.now(), source: 'dmabuf', what, details });
  }
}
