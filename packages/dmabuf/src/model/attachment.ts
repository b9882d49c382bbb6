import { KernelError } from '@gadgetloom/core';
import type { DmaDevice, DmaDirection, ScatterTable } from '../scatter-list.ts';
import type { DmaBufObject } from './buffer-object.ts';
import { ContractViolation } from './contract-violation.ts';
import type { Interrupt } from './interrupt.ts';
import { Usage } from './usage.ts';

/** Operations of a dynamic importer (struct dma_buf_attach_ops). */
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
  readonly importerPriv: unknown;
  readonly peer2peer: boolean;
  /** The exporter's own. */
  priv: unknown = undefined;
  #table: ScatterTable | undefined = undefined;
  #direction: DmaDirection = 'bidirectional';
  /** Set by DmaBufObject when it was asked to end the attachment. */
  detaching = false;
  #detached = false;

  /** Called by DmaBufObject. */
  constructor(buffer: DmaBufObject, device: DmaDevice, importer: ImporterOps | undefined, importerPriv: unknown) {
    this.buffer = buffer;
    this.device = device;
    this.importer = importer;
    this.importerPriv = importerPriv;
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
    return this.#kept('dma_buf_map_attachment', direction) ?? this.#map(direction, false);
  }

  /**
   * Does what {@link map} does, and waits for KERNEL fences where the kernel does: for static importers.
   *
   * @param interrupt ends the wait early: ERESTARTSYS
   */
  async mapBlocking(direction: DmaDirection, interrupt?: Interrupt): Promise<ScatterTable> {
    return this.#kept('dma_buf_map_attachment', direction) ?? this.#mapBlocking(direction, false, interrupt);
  }

  /** Does what {@link mapBlocking} does, and takes the lock itself (dma_buf_map_attachment_unlocked). */
  async mapUnlocked(direction: DmaDirection, interrupt?: Interrupt): Promise<ScatterTable> {
    await this.buffer.resv.lock();
    try {
      return await this.mapBlocking(direction, interrupt);
    } finally {
      this.buffer.resv.unlock();
    }
  }

  /**
   * Undoes a map (dma_buf_unmap_attachment). A mapping that is kept stays until detach.
   *
   * @throws ContractViolation the reservation is not locked
   */
  unmap(table: ScatterTable, direction: DmaDirection): void {
    this.#assertUsable('dma_buf_unmap_attachment');
    if (this.#table !== table) this.#unmap(table, direction, false);
  }

  /** Does what {@link unmap} does once it has the lock: at once if it is free, otherwise when its turn comes. */
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

  /** Called by DmaBufObject to map while attaching, where only one of exporter and importer is dynamic. */
  mapEarly(): void {
    this.#map('bidirectional', true);
  }

  /** Does what {@link mapEarly} does, and waits for KERNEL fences. */
  async mapEarlyBlocking(): Promise<void> {
    await this.#mapBlocking('bidirectional', true, undefined);
  }

  /** Called by DmaBufObject to end the attachment. */
  finish(): void {
    this.#detached = true;
    const table = this.#table;
    if (table === undefined) return;
    this.#table = undefined;
    this.#unmap(table, this.#direction, true);
  }

  #assertUsable(operation: string): void {
    if (this.#detached) throw new ContractViolation(operation, 'the attachment has been detached.');
    this.buffer.resv.assertHeld(operation);
  }

  #assertDynamic(operation: string): void {
    if (!this.isDynamic) throw new ContractViolation(operation, 'only dynamic importers pin: attach with moveNotify.');
    this.#assertUsable(operation);
  }

  #kept(operation: string, direction: DmaDirection): ScatterTable | undefined {
    this.#assertUsable(operation);
    if (this.#table === undefined || this.#direction === direction || this.#direction === 'bidirectional')
      return this.#table;
    throw new KernelError(
      'EBUSY',
      operation,
      `The buffer is mapped ${this.#direction} for this attachment: attach once more to map it ${direction}.`,
    );
  }

  /** Early mappings are kept, and pin whatever is dynamic. */
  #map(direction: DmaDirection, early: boolean): ScatterTable {
    const table = this.#askExporter(direction, early);
    if (!this.isDynamic && !this.buffer.resv.testSignaled(Usage.KERNEL)) {
      this.#unmap(table, direction, early);
      throw new KernelError('EBUSY', 'dma_buf_map_attachment', 'A KERNEL fence is pending: wait for it.');
    }
    return this.#keep(table, direction, early);
  }

  async #mapBlocking(direction: DmaDirection, early: boolean, interrupt: Interrupt | undefined): Promise<ScatterTable> {
    const table = this.#askExporter(direction, early);
    try {
      if (!this.isDynamic) await this.buffer.resv.wait(Usage.KERNEL, undefined, interrupt);
    } catch (error) {
      this.#unmap(table, direction, early);
      throw error;
    }
    return this.#keep(table, direction, early);
  }

  #askExporter(direction: DmaDirection, early: boolean): ScatterTable {
    const { ops } = this.buffer;
    if (this.#pins(early)) ops.pin?.(this);
    try {
      const table = ops.mapDmaBuf(this, direction);
      if (table === undefined) throw new KernelError('ENOMEM', 'dma_buf_map_attachment', 'The exporter gave no table.');
      try {
        this.device.map?.(table, direction);
      } catch (refusal) {
        ops.unmapDmaBuf(this, table, direction);
        throw refusal;
      }
      this.#report('mapped', direction);
      return table;
    } catch (error) {
      if (this.#pins(early)) ops.unpin?.(this);
      throw error;
    }
  }

  #unmap(table: ScatterTable, direction: DmaDirection, early: boolean): void {
    const { ops } = this.buffer;
    this.device.unmap?.(table, direction);
    ops.unmapDmaBuf(this, table, direction);
    this.#report('unmapped', direction);
    if (this.#pins(early)) ops.unpin?.(this);
  }

  #report(what: string, direction: DmaDirection): void {
    const { model } = this.buffer;
    if (model.trace !== undefined) model.report(what, this.buffer, this.device, direction);
  }

  #keep(table: ScatterTable, direction: DmaDirection, early: boolean): ScatterTable {
    if (early || this.buffer.ops.cacheSgtMapping) {
      this.#table = table;
      this.#direction = direction;
    }
    return table;
  }

  /** Without CONFIG_DMABUF_MOVE_NOTIFY a buffer that can move is held in place while it is mapped. */
  #pins(early: boolean): boolean {
    return this.buffer.isDynamic && (early || !this.buffer.model.moveNotify);
  }
}
