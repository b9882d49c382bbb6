import { Errno, isKernelError, KernelError, type OpenFile } from '@gadgetloom/core';
import type { DmaDirection } from '@gadgetloom/dmabuf';
import { type DmaBufObject, Fence, type Interrupt, type Usage } from '@gadgetloom/dmabuf/model';
import type { GadgetController } from '@gadgetloom/udc';
import { type Attached, disown } from '../attached.ts';
import { BufferAttachment, endAttachment } from './buffer-attachment.ts';
import { disabledMeanwhile, notEnabled } from './endpoint-errors.ts';
import type { EndpointState } from './endpoint-state.ts';
import type { FunctionEndpoint } from './function-endpoint.ts';
import { type Kernel, traceEvent, traceHazard, wouldCrash } from './kernel.ts';
import { interrupted } from './pending-signal.ts';

const ATTACH = 'FUNCTIONFS_DMABUF_ATTACH';
const DETACH = 'FUNCTIONFS_DMABUF_DETACH';
const TRANSFER = 'FUNCTIONFS_DMABUF_TRANSFER';

/** The buffers that are attached to an endpoint by any of its open files, and their transfers. */
export class DmaBufList {
  readonly #state: EndpointState;
  readonly #kernel: Kernel;
  /** The kernel's rules for this direction. */
  readonly #mapped: DmaDirection;
  readonly #waitsFor: Usage;
  readonly #usedAs: Usage;
  /** In the order of attaching. Look-ups find the newest first. */
  readonly #attached: BufferAttachment[] = [];
  #seqno = 0;

  constructor(state: EndpointState) {
    const { kernel } = state.data;
    const { mapped, waitsFor, usedAs } = kernel.rules;
    const way = state.isIn ? 'in' : 'out';
    this.#state = state;
    this.#kernel = kernel;
    this.#mapped = mapped[way];
    this.#waitsFor = waitsFor[way];
    this.#usedAs = usedAs[way];
  }

  /** See EndpointFile.attachments. */
  get attachments(): readonly Attached[] {
    return this.#attached.map(({ attached }) => attached);
  }

  /** ffs_dmabuf_attach with O_NONBLOCK. */
  attach(attached: Attached): void {
    const { device, object, direction } = this.#toAttach(attached.buffer);
    const attachment = object.attach(device);
    object.ref();
    try {
      if (!object.resv.tryLock()) throw locked(ATTACH);
      try {
        this.#add(attached, attachment, attachment.map(direction));
      } finally {
        object.resv.unlock();
      }
    } catch (error) {
      endAttachment(attachment);
      throw error;
    }
  }

  /** ffs_dmabuf_attach without O_NONBLOCK. */
  async attachBlocking(attached: Attached, interrupt: Interrupt): Promise<void> {
    const { device, object, direction } = this.#toAttach(attached.buffer);
    object.ref();
    const attachment = await object.attachBlocking(device).catch((error: unknown) => {
      object.unref();
      throw error;
    });
    try {
      await object.resv.lock(undefined, interrupt);
      try {
        this.#add(attached, attachment, await attachment.mapBlocking(direction, interrupt));
      } finally {
        object.resv.unlock();
      }
    } catch (error) {
      endAttachment(attachment);
      throw ended(error, ATTACH);
    }
  }

  #toAttach(file: OpenFile) {
    const controller = this.#state.data.gadget?.controller;
    if (controller === undefined) {
      throw new KernelError('EPERM', ATTACH, 'The function is not bound to a controller: attach after the BIND event.');
    }
    if (!controller.scatterGather) {
      const advice = `${controller.name} (${controller.driver}) has no scatter-gather: use read and write instead.`;
      throw new KernelError('EPERM', ATTACH, advice);
    }
    return { device: controller.dmaDevice, object: this.#kernel.dmabuf.get(file, ATTACH), direction: this.#mapped };
  }

  #add(by: Attached, attachment: BufferAttachment['attachment'], table: BufferAttachment['table']): void {
    const { name } = this.#state;
    const attached = new BufferAttachment(this.#state, by, attachment, table, this.#mapped);
    this.#attached.push(attached);
    if (this.#kernel.trace !== undefined) {
      traceEvent(this.#kernel, 'buffer attached', {
        endpoint: name,
        inode: attached.buffer.inode,
        context: attached.context,
      });
    }
  }

  /** ffs_dmabuf_detach. */
  detach(file: OpenFile, owner?: object): void {
    const controller = this.#boundController(DETACH);
    const object = this.#kernel.dmabuf.get(file, DETACH);
    const at = this.#find(object, controller);
    if (at < 0) throw notAttached(DETACH);
    const [attached] = this.#attached.splice(at, 1);
    const left = this.#attached.filter(({ buffer, device }) => buffer === object && device === attached!.device);
    disown(attached!, left, owner);
    this.#drop(attached!, DETACH);
    if (this.#kernel.trace !== undefined) {
      traceEvent(this.#kernel, 'buffer detached', { endpoint: this.#state.name, inode: object.inode });
    }
  }

  /** Detaches everything (ffs_epfile_release). */
  releaseAll(operation: string): void {
    for (let newest = this.#attached.pop(); newest !== undefined; newest = this.#attached.pop()) {
      this.#drop(newest, operation);
    }
  }

  #drop(attached: BufferAttachment, operation: string): void {
    attached.cancelLatest(operation);
    attached.unref();
  }

  /** ffs_dmabuf_transfer with O_NONBLOCK. */
  transfer(file: OpenFile, length: number, flags: number): Fence {
    const object = this.#checkArguments(file, length, flags);
    const attached = this.#attachmentOf(object);
    const { ep } = this.#state;
    if (ep === undefined) throw notEnabled(TRANSFER);
    const { resv } = object;
    if (!resv.tryLock()) throw locked(TRANSFER);
    if (!resv.testSignaled(this.#waitsFor)) {
      resv.unlock();
      throw inUse();
    }
    attached.ref();
    return this.#submit(attached, ep, length);
  }

  /** ffs_dmabuf_transfer without O_NONBLOCK. */
  async transferBlocking(file: OpenFile, length: number, flags: number, interrupt: Interrupt): Promise<Fence> {
    const state = this.#state;
    const object = this.#checkArguments(file, length, flags);
    const attached = this.#attachmentOf(object);
    attached.ref();
    let ep: FunctionEndpoint;
    try {
      ep = state.ep ?? (await state.waitEnabled(false, TRANSFER, interrupt));
      await this.#lockIdle(object, ep, interrupt);
    } catch (error) {
      attached.unref();
      throw ended(error, TRANSFER);
    }
    return this.#submit(attached, ep, length);
  }

  /** Locks the buffer and waits, with the lock held, until nobody else uses it. */
  async #lockIdle(object: DmaBufObject, ep: FunctionEndpoint, interrupt: Interrupt): Promise<void> {
    if (!object.resv.tryLock()) await object.resv.lock(undefined, interrupt);
    try {
      const left = await object.resv.wait(this.#waitsFor, this.#kernel.rules.fenceTimeout, interrupt);
      if (left === 0) throw inUse();
      if (this.#state.ep !== ep) throw this.#disabledBeforeQueue();
    } catch (error) {
      object.resv.unlock();
      throw error;
    }
  }

  #disabledBeforeQueue(): KernelError {
    const kernel = this.#kernel;
    if (!kernel.rules.forgetsRequests) traceHazard(kernel, TRANSFER, 'a fence that was never initialised is released');
    return disabledMeanwhile(TRANSFER);
  }

  #checkArguments(file: OpenFile, length: number, flags: number): DmaBufObject {
    if (flags !== 0) throw new KernelError('EINVAL', TRANSFER, `Flags ${flags} are not known: there are none so far.`);
    const object = this.#kernel.dmabuf.get(file, TRANSFER);
    if (!(length > 0 && length <= object.size)) {
      throw new KernelError('EINVAL', TRANSFER, `Length ${length} has to be 1 to ${object.size}, the buffer's size.`);
    }
    return object;
  }

  #attachmentOf(object: DmaBufObject): BufferAttachment {
    const controller = this.#boundController(TRANSFER);
    const at = this.#find(object, controller);
    if (at < 0) throw notAttached(TRANSFER);
    return this.#attached[at]!;
  }

  #find(object: DmaBufObject, controller: GadgetController): number {
    return this.#attached.findLastIndex((it) => it.buffer === object && it.device === controller.dmaDevice);
  }

  #boundController(operation: string): GadgetController {
    const { data } = this.#state;
    if (data.gadget !== undefined) return data.gadget.controller;
    const advice = 'Call this between the BIND and the UNBIND event only; otherwise close the endpoint to detach.';
    throw wouldCrash(this.#kernel, operation, 'f_fs.c reads ffs->gadget, which is NULL while unbound', advice);
  }

  /** Publishes the fence and queues the request. The caller has locked the reservation; this unlocks it. */
  #submit(attached: BufferAttachment, ep: FunctionEndpoint, length: number): Fence {
    const kernel = this.#kernel;
    const { resv } = attached.buffer;
    const transfer = attached.takeTransfer();
    this.#seqno = (this.#seqno + 1) >>> 0;
    const fence = new Fence(kernel.dmabuf, 'functionfs', '', attached.context, this.#seqno);
    resv.reserve(1);
    resv.add(fence, this.#usedAs);
    resv.unlock();
    if (kernel.trace !== undefined) this.#traceSubmit(attached, fence, length);
    transfer.prepare(fence, length);
    try {
      ep.endpoint.queue(transfer);
    } catch (error) {
      transfer.done(isKernelError(error) ? -error.errno : -Errno.EIO);
      throw error;
    }
    attached.request = transfer;
    attached.endpoint = ep.endpoint;
    return fence;
  }

  #traceSubmit(attached: BufferAttachment, fence: Fence, length: number): void {
    const kernel = this.#kernel;
    traceEvent(kernel, 'transfer', { endpoint: this.#state.name, length, context: fence.context, seqno: fence.seqno });
    const { latest } = attached;
    attached.latest = fence;
    if (latest === undefined || latest.status !== 0 || !kernel.rules.dropsFences) return;
    if (attached.buffer.resv.slots?.fences.includes(latest)) return;
    const defect =
      `the fence of transfer ${latest.seqno} is freed while it is in flight, unless a sync file holds it: ` +
      'the fence of a second IN transfer of the same buffer replaces it in the reservation';
    traceHazard(kernel, TRANSFER, defect);
  }
}

function locked(operation: string): KernelError {
  return new KernelError('EBUSY', operation, "The buffer's reservation is locked by another call: try again.");
}

function inUse(): KernelError {
  const advice = 'The buffer is in use by other transfers: wait for their fences, or poll the buffer.';
  return new KernelError('EBUSY', TRANSFER, advice);
}

function notAttached(operation: string): KernelError {
  return new KernelError('EPERM', operation, 'The buffer is not attached to this endpoint on this controller.');
}

/** The errno of an interrupted wait in user space: the kernel restarts the call, or ends it with EINTR. */
function ended(error: unknown, operation: string): unknown {
  const early = isKernelError(error, 'ERESTARTSYS') || isKernelError(error, 'EINTR');
  return early ? interrupted(operation) : error;
}
