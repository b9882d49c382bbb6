import { KernelError } from '@gadgetloom/core';
import type { DmaDevice, DmaDirection } from '../scatter-list.ts';
import { O_ACCMODE, O_NONBLOCK, PAGE_SIZE } from '../uapi.ts';
import { Attachment, type ImporterOps } from './attachment.ts';
import { ContractViolation } from './contract-violation.ts';
import type { DmaBufOps, ExportInfo } from './exporter-ops.ts';
import { ImplicitPoll } from './implicit-poll.ts';
import type { Interrupt } from './interrupt.ts';
import type { DmaBufModel } from './model.ts';
import { Reservation } from './reservation.ts';
import { usageRw } from './usage.ts';

/**
 * A buffer inside the kernel (struct dma_buf with its struct file). It lives as long as somebody holds a reference:
 * descriptors do, and importers have to. Made by DmaBufModel.export. Source: drivers/dma-buf/dma-buf.c.
 */
export class DmaBufObject {
  readonly model: DmaBufModel;
  /** Bytes. */
  readonly size: number;
  readonly exporterName: string;
  /** Open flags of the file: access mode and O_NONBLOCK. */
  readonly flags: number;
  readonly ops: DmaBufOps;
  /** The exporter's own. */
  readonly priv: unknown;
  /** Number of its inode, from 1 on. */
  readonly inode: number;
  readonly resv: Reservation;
  readonly implicitPoll: ImplicitPoll = new ImplicitPoll(this);
  /** Given with DMA_BUF_SET_NAME. */
  name: string | undefined = undefined;
  readonly #ownsReservation: boolean;
  #attachments: Attachment[] = [];
  #references = 1;
  #vmap: Uint8Array | undefined = undefined;
  #vmaps = 0;

  /** Called by DmaBufModel. */
  constructor(model: DmaBufModel, info: ExportInfo, inode: number) {
    this.model = model;
    this.size = info.size;
    this.exporterName = info.exporterName;
    this.flags = (info.flags ?? 0) & (O_ACCMODE | O_NONBLOCK);
    this.ops = info.ops;
    this.priv = info.priv;
    this.inode = inode;
    this.#ownsReservation = info.resv === undefined;
    this.resv = info.resv ?? new Reservation(model);
  }

  /** References to the file. */
  get references(): number {
    return this.#references;
  }

  /** The newest first. */
  get attachments(): readonly Attachment[] {
    return this.#attachments;
  }

  /** True if the exporter may move the buffer (dma_buf_is_dynamic). */
  get isDynamic(): boolean {
    return this.ops.pin !== undefined;
  }

  /** One more reference (get_dma_buf). @throws ContractViolation the buffer is gone */
  ref(): void {
    if (this.#references === 0) throw new ContractViolation('get_dma_buf', 'the buffer has been released.');
    this.#references++;
  }

  /** One less (dma_buf_put). The last one releases the buffer. @throws ContractViolation one too many */
  unref(): void {
    if (this.#references === 0) throw new ContractViolation('dma_buf_put', 'the buffer has been released.');
    if (--this.#references === 0) this.#release();
  }

  #release(): void {
    if (this.#vmaps > 0) throw new ContractViolation('dma_buf_release', `${this.#vmaps} vmaps are left.`);
    this.model.forget(this);
    this.ops.release(this);
    if (this.#ownsReservation) this.resv.finish();
    if (this.#attachments.length > 0)
      throw new ContractViolation('dma_buf_release', `${this.#attachments.length} attachments are left.`);
  }

  /**
   * Attaches a device: statically, or dynamically with `importer` (dma_buf_attach, dma_buf_dynamic_attach). If only
   * one of exporter and importer is dynamic, the buffer is pinned and mapped both ways at once, until detach.
   *
   * Never waits. Take a reference for as long as the attachment lives.
   *
   * @throws KernelError EBUSY the reservation is locked, or a KERNEL fence pending ({@link attachBlocking} waits);
   *   EINVAL `importer` without moveNotify; ENOMEM; what the exporter answers
   */
  attach(device: DmaDevice, importer?: ImporterOps, importerPriv?: unknown): Attachment {
    const attachment = this.#newAttachment(device, importer, importerPriv);
    if (!this.resv.tryLock()) {
      this.ops.detach?.(this, attachment);
      throw new KernelError('EBUSY', 'dma_buf_attach', 'The reservation is locked: try again, or wait for it.');
    }
    this.#attachments.unshift(attachment);
    try {
      if (attachment.isDynamic !== this.isDynamic) attachment.mapEarly();
    } catch (error) {
      this.resv.unlock();
      this.detach(attachment);
      throw error;
    }
    this.resv.unlock();
    this.model.report('attached', this, device);
    return attachment;
  }

  /** Does what {@link attach} does, and waits for the lock and for KERNEL fences, as the kernel does. */
  async attachBlocking(device: DmaDevice, importer?: ImporterOps, importerPriv?: unknown): Promise<Attachment> {
    const attachment = this.#newAttachment(device, importer, importerPriv);
    await this.resv.lock();
    this.#attachments.unshift(attachment);
    try {
      if (attachment.isDynamic !== this.isDynamic) await attachment.mapEarlyBlocking();
    } catch (error) {
      this.resv.unlock();
      this.detach(attachment);
      throw error;
    }
    this.resv.unlock();
    this.model.report('attached', this, device);
    return attachment;
  }

  #newAttachment(device: DmaDevice, importer: ImporterOps | undefined, data: unknown): Attachment {
    if (importer !== undefined && importer.moveNotify === undefined)
      throw new KernelError('EINVAL', 'dma_buf_dynamic_attach', 'A dynamic importer needs moveNotify.');
    const attachment = new Attachment(this, device, importer, data);
    this.ops.attach?.(this, attachment);
    return attachment;
  }

  /**
   * Ends an attachment (dma_buf_detach). If the reservation is locked it happens when the lock is free again.
   *
   * @throws ContractViolation it is not attached here
   */
  detach(attachment: Attachment): void {
    if (attachment.buffer !== this || attachment.detaching)
      throw new ContractViolation('dma_buf_detach', 'the attachment does not belong to this buffer, or has ended.');
    attachment.detaching = true;
    this.ref();
    this.resv.whenLocked(
      () => this.#remove(attachment),
      () => this.#afterDetach(attachment),
    );
  }

  #remove(attachment: Attachment): void {
    attachment.finish();
    this.#attachments.splice(this.#attachments.indexOf(attachment), 1);
  }

  #afterDetach(attachment: Attachment): void {
    this.ops.detach?.(this, attachment);
    this.model.report('detached', this, attachment.device);
    this.unref();
  }

  /** The exporter is about to move the buffer: tells dynamic importers (dma_buf_move_notify). @throws ContractViolation not locked */
  moveNotify(): void {
    this.resv.assertHeld('dma_buf_move_notify');
    for (const attachment of [...this.#attachments]) attachment.importer?.moveNotify(attachment);
  }

  /** Prepares the buffer for the CPU, then waits for the fences that the access conflicts with (dma_buf_begin_cpu_access). */
  async beginCpuAccess(direction: DmaDirection, interrupt?: Interrupt): Promise<void> {
    this.ops.beginCpuAccess?.(this, direction);
    await this.resv.wait(usageRw(direction !== 'from-device'), undefined, interrupt);
  }

  /** dma_buf_end_cpu_access. @throws KernelError what the exporter answers */
  endCpuAccess(direction: DmaDirection): void {
    this.ops.endCpuAccess?.(this, direction);
  }

  /**
   * Bytes of some pages (dma_buf_mmap).
   *
   * @param length bytes; rounded up to pages
   * @param offset bytes, whole pages
   * @throws KernelError EINVAL the exporter has no mmap, or the range is not in the buffer; EOVERFLOW
   */
  mmap(length: number, offset: number): Uint8Array {
    if (this.ops.mmap === undefined)
      throw new KernelError('EINVAL', 'mmap', `Buffers of exporter "${this.exporterName}" cannot be mapped.`);
    const pages = Math.ceil(length / PAGE_SIZE);
    const first = offset / PAGE_SIZE;
    if (!Number.isSafeInteger(first + pages)) throw new KernelError('EOVERFLOW', 'mmap');
    if (first + pages > Math.floor(this.size / PAGE_SIZE))
      throw new KernelError('EINVAL', 'mmap', `The range ends beyond the buffer's ${this.size} bytes.`);
    return this.ops.mmap(this, pages * PAGE_SIZE, offset);
  }

  /**
   * All bytes, for the kernel itself (dma_buf_vmap). Every call needs its {@link vunmap}.
   *
   * @throws KernelError EINVAL the exporter has no vmap; what it answers
   * @throws ContractViolation not locked
   */
  vmap(): Uint8Array {
    this.resv.assertHeld('dma_buf_vmap');
    if (this.ops.vmap === undefined)
      throw new KernelError('EINVAL', 'dma_buf_vmap', `Exporter "${this.exporterName}" has no vmap.`);
    this.#vmap ??= this.ops.vmap(this);
    this.#vmaps++;
    return this.#vmap;
  }

  /** @throws ContractViolation not locked; not what {@link vmap} gave, or once too often */
  vunmap(map: Uint8Array): void {
    this.resv.assertHeld('dma_buf_vunmap');
    if (this.#vmaps === 0 || map !== this.#vmap)
      throw new ContractViolation('dma_buf_vunmap', 'this is not a vmap of the buffer, or it was undone already.');
    if (--this.#vmaps > 0) return;
    this.#vmap = undefined;
    this.ops.vunmap?.(this, map);
  }

  /** {@link vmap} with the lock (dma_buf_vmap_unlocked). */
  async vmapUnlocked(): Promise<Uint8Array> {
    await this.resv.lock();
    try {
      return this.vmap();
    } finally {
      this.resv.unlock();
    }
  }

  /** {@link vunmap} with the lock: at once if it is free, otherwise when its turn comes. */
  vunmapUnlocked(map: Uint8Array): void {
    this.ref();
    this.resv.whenLocked(
      () => this.vunmap(map),
      () => this.unref(),
    );
  }
}
