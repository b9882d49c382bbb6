import { KernelError } from '@gadgetloom/core';
import type { DmaDevice, DmaDirection, ScatterTable } from '../scatter-list.ts';
import type { DmaBufObject } from './buffer-object.ts';
import { ContractViolation } from './contract-violation.ts';
import { Usage } from './usage.ts';

/** What makes an importer a dynamic one (struct dma_buf_attach_ops). */
export interface ImporterOps {
  /** The importer can reach memory of other devices. */
  readonly allowPeer2peer?: boolean;
  /** The buffer is about to move: mappings are stale once the fences of the move have signaled. Called locked. */
  moveNotify(attachment: Attachment): void;
}

/** The tie between a buffer and a device (struct dma_buf_attachment). Made by DmaBufObject.attach. */
export class Attachment {
  readonly buffer: DmaBufObject;
  readonly device: DmaDevice;
  readonly importer: ImporterOps | undefined;
  /** The importer's own. */
  readonly importerData: unknown;
  readonly peer2peer: boolean;
  /** The exporter's own. */
  exporterData: unknown = undefined;
  #table: ScatterTable | undefined = undefined;
  #direction: DmaDirection = 'bidirectional';
  #detached = false;

  /** For DmaBufObject. */
  constructor(buffer: DmaBufObject, device: DmaDevice, importer: ImporterOps | undefined, importerData: unknown) {
    this.buffer = buffer;
    this.device = device;
    this.importer = importer;
    this.importerData = importerData;
    this.peer2peer = importer?.allowPeer2peer ?? false;
  }

  /** True if the importer copes with a buffer that moves (dma_buf_attachment_is_dynamic). */
  get isDynamic(): boolean {
    return this.importer !== undefined;
  }

  /** The mapping that is kept until detach, if there is one. */
  get cachedTable(): ScatterTable | undefined {
    return this.#table;
  }

  get detached(): boolean {
    return this.#detached;
  }

  /**
   * Maps the buffer for the device (dma_buf_map_attachment). Never waits.
   *
   * @throws KernelError EBUSY it is mapped with another direction, or a KERNEL fence would have to be waited for
   *   ({@link mapBlocking} does); ENOMEM; what the exporter answers
   * @throws ContractViolation the reservation is not locked
   */
  map(direction: DmaDirection): ScatterTable {
    this.#assertUsable('dma_buf_map_attachment');
    if (this.#table !== undefined) return this.#reuse(this.#table, direction);
    this.#pinForMap();
    try {
      const table = this.#callMap(direction);
      if (!this.isDynamic && !this.buffer.resv.testSignaled(Usage.KERNEL)) {
        this.buffer.ops.unmapDmaBuf(this, table, direction);
        throw new KernelError('EBUSY', 'dma_buf_map_attachment', 'A KERNEL fence is pending: wait for it.');
      }
      return this.#keep(table, direction);
    } catch (error) {
      this.#unpinForMap();
      throw error;
    }
  }

  /**
   * As {@link map}, but waits for KERNEL fences where the kernel does: for static importers.
   *
   * @param abort interrupts the wait: ERESTARTSYS
   */
  async mapBlocking(direction: DmaDirection, abort?: AbortSignal): Promise<ScatterTable> {
    this.#assertUsable('dma_buf_map_attachment');
    if (this.#table !== undefined) return this.#reuse(this.#table, direction);
    this.#pinForMap();
    try {
      const table = this.#callMap(direction);
      if (!this.isDynamic) await this.#waitForKernel(table, direction, abort);
      return this.#keep(table, direction);
    } catch (error) {
      this.#unpinForMap();
      throw error;
    }
  }

  /** As {@link mapBlocking}, and takes the lock itself (dma_buf_map_attachment_unlocked). */
  async mapUnlocked(direction: DmaDirection, abort?: AbortSignal): Promise<ScatterTable> {
    await this.buffer.resv.lock();
    try {
      return await this.mapBlocking(direction, abort);
    } finally {
      this.buffer.resv.unlock();
    }
  }

  /**
   * Undoes a map (dma_buf_unmap_attachment). A kept mapping stays until detach.
   *
   * @throws ContractViolation the reservation is not locked
   */
  unmap(table: ScatterTable, direction: DmaDirection): void {
    this.#assertUsable('dma_buf_unmap_attachment');
    if (this.#table === table) return;
    this.buffer.ops.unmapDmaBuf(this, table, direction);
    this.#unpinForMap();
  }

  /** As {@link unmap}, with the lock: at once if it is free, otherwise when its turn comes. */
  unmapUnlocked(table: ScatterTable, direction: DmaDirection): void {
    this.buffer.resv.whenLocked(() => this.unmap(table, direction));
  }

  /**
   * Keeps the buffer where it is (dma_buf_pin).
   *
   * @throws KernelError what the exporter answers
   * @throws ContractViolation the importer is not dynamic, or the reservation not locked
   */
  pin(): void {
    this.#assertDynamic('dma_buf_pin');
    this.buffer.ops.pin?.(this);
  }

  /** Lets it move again (dma_buf_unpin). @throws ContractViolation as {@link pin} */
  unpin(): void {
    this.#assertDynamic('dma_buf_unpin');
    this.buffer.ops.unpin?.(this);
  }

  /** Unmaps what is kept and ends the attachment (dma_buf_detach). If the lock is taken, it happens when it is free. */
  detach(): void {
    this.buffer.detach(this);
  }

  /** For DmaBufObject: maps at once, both ways, where exporter and importer do not agree on being dynamic. */
  mapEarly(): void {
    const { ops, isDynamic } = this.buffer;
    if (isDynamic) ops.pin?.(this);
    try {
      const table = this.#callMap('bidirectional');
      if (!this.isDynamic && !this.buffer.resv.testSignaled(Usage.KERNEL)) {
        ops.unmapDmaBuf(this, table, 'bidirectional');
        throw new KernelError('EBUSY', 'dma_buf_attach', 'A KERNEL fence is pending: wait for it.');
      }
      this.#table = table;
      this.#direction = 'bidirectional';
    } catch (error) {
      if (isDynamic) ops.unpin?.(this);
      throw error;
    }
  }

  /** As {@link mapEarly}, waiting for KERNEL fences. */
  async mapEarlyBlocking(): Promise<void> {
    const { ops, isDynamic } = this.buffer;
    if (isDynamic) ops.pin?.(this);
    try {
      const table = this.#callMap('bidirectional');
      if (!this.isDynamic) await this.#waitForKernel(table, 'bidirectional', undefined);
      this.#table = table;
      this.#direction = 'bidirectional';
    } catch (error) {
      if (isDynamic) ops.unpin?.(this);
      throw error;
    }
  }

  /** For DmaBufObject: drops the mapping that was kept. */
  unmapKept(): void {
    this.#detached = true;
    const table = this.#table;
    if (table === undefined) return;
    this.#table = undefined;
    this.buffer.ops.unmapDmaBuf(this, table, this.#direction);
    if (this.buffer.isDynamic) this.buffer.ops.unpin?.(this);
  }

  #assertUsable(operation: string): void {
    if (this.#detached) throw new ContractViolation(operation, 'the attachment has been detached.');
    this.buffer.resv.assertHeld(operation);
  }

  #assertDynamic(operation: string): void {
    if (!this.isDynamic) throw new ContractViolation(operation, 'only dynamic importers pin: attach with moveNotify.');
    this.#assertUsable(operation);
  }

  #reuse(table: ScatterTable, direction: DmaDirection): ScatterTable {
    if (this.#direction === direction || this.#direction === 'bidirectional') return table;
    throw new KernelError(
      'EBUSY',
      'dma_buf_map_attachment',
      `The buffer is mapped ${this.#direction} for this attachment: attach once more for ${direction}.`,
    );
  }

  #callMap(direction: DmaDirection): ScatterTable {
    const table = this.buffer.ops.mapDmaBuf(this, direction);
    if (table === undefined) throw new KernelError('ENOMEM', 'dma_buf_map_attachment', 'The exporter gave no table.');
    return table;
  }

  async #waitForKernel(table: ScatterTable, direction: DmaDirection, abort: AbortSignal | undefined): Promise<void> {
    try {
      await this.buffer.resv.wait(Usage.KERNEL, undefined, abort);
    } catch (error) {
      this.buffer.ops.unmapDmaBuf(this, table, direction);
      throw error;
    }
  }

  #keep(table: ScatterTable, direction: DmaDirection): ScatterTable {
    if (this.buffer.ops.cacheSgtMapping) {
      this.#table = table;
      this.#direction = direction;
    }
    return table;
  }

  #pinForMap(): void {
    if (this.buffer.isDynamic && !this.buffer.model.moveNotify) this.buffer.ops.pin?.(this);
  }

  #unpinForMap(): void {
    if (this.buffer.isDynamic && !this.buffer.model.moveNotify) this.buffer.ops.unpin?.(this);
  }
}
