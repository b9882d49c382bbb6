import type { DmaDevice, DmaDirection, ScatterTable } from '@gadgetloom/dmabuf';
import type { Attachment, DmaBufObject, Fence } from '@gadgetloom/dmabuf/model';
import { type GadgetEndpoint, type UsbEndpoint, UsbRequest } from '@gadgetloom/udc';
import type { Attached } from '../attached.ts';
import { cancelRequest } from './cancel-request.ts';
import type { EndpointState } from './endpoint-state.ts';
import { type Kernel, traceEvent, traceHazard } from './kernel.ts';
import type { Work } from './work-queue.ts';

/**
 * A buffer that is attached to an endpoint file (struct ffs_dmabuf_priv). It stays mapped until it is detached and its
 * last transfer is done.
 */
export class BufferAttachment {
  readonly state: EndpointState;
  attached: Attached;
  readonly kernel: Kernel;
  readonly buffer: DmaBufObject;
  readonly attachment: Attachment;
  readonly device: DmaDevice;
  readonly table: ScatterTable;
  readonly direction: DmaDirection;
  /** Fence context of its transfers. */
  readonly context: number;
  /** The request that was queued last. DETACH and close cancel only this one. */
  request: DmaBufTransfer | undefined = undefined;
  /** The endpoint on which it was queued. */
  endpoint: GadgetEndpoint | undefined = undefined;
  /** Fence of the transfer that was started last. It is only kept for a trace. */
  latest: Fence | undefined = undefined;
  #references = 1;
  /** Transfers that are done and can be reused. */
  #idle: DmaBufTransfer | undefined = undefined;

  constructor(
    state: EndpointState,
    attached: Attached,
    attachment: Attachment,
    table: ScatterTable,
    direction: DmaDirection,
  ) {
    this.state = state;
    this.attached = attached;
    this.kernel = state.data.kernel;
    this.buffer = attachment.buffer;
    this.attachment = attachment;
    this.device = attachment.device;
    this.table = table;
    this.direction = direction;
    this.context = this.kernel.dmabuf.allocateContexts(1);
  }

  /** ffs_dmabuf_get. */
  ref(): void {
    this.#references++;
  }

  /** ffs_dmabuf_put. The last one unmaps and detaches the buffer. */
  unref(): void {
    if (--this.#references === 0) this.#release();
  }

  /** ffs_dmabuf_release. If the reservation is locked, it waits until it is free. */
  #release(): void {
    this.buffer.resv.whenLocked(
      () => this.attachment.unmap(this.table, this.direction),
      () => endAttachment(this.attachment),
    );
  }

  /** Cancels the request that was queued last, unless the kernel has forgotten it. */
  cancelLatest(operation: string): void {
    const { request, endpoint } = this;
    if (request === undefined || endpoint === undefined) return;
    if (!request.inFlight && !this.kernel.rules.forgetsRequests) {
      traceHazard(
        this.kernel,
        operation,
        'the request of the last transfer is dequeued, but was freed when it completed',
      );
      return;
    }
    cancelRequest(endpoint, request);
  }

  /** Returns a transfer to fill. Give it back with {@link recycle}. */
  takeTransfer(): DmaBufTransfer {
    const transfer = this.#idle;
    if (transfer === undefined) return new DmaBufTransfer(this);
    this.#idle = transfer.next;
    return transfer;
  }

  recycle(transfer: DmaBufTransfer): void {
    transfer.next = this.#idle;
    this.#idle = transfer;
  }
}

/** dma_buf_detach and dma_buf_put, at once or when the reservation is free. */
export function endAttachment(attachment: Attachment): void {
  const { buffer } = attachment;
  attachment.detach();
  if (attachment.detached) buffer.unref();
  else
    buffer.resv.whenLocked(
      () => {},
      () => buffer.unref(),
    );
}

/** One TRANSFER (struct ffs_dma_fence with its usb_request). The same attachment reuses it when it is done. */
export class DmaBufTransfer extends UsbRequest implements Work {
  readonly attached: BufferAttachment;
  /** True from queueing to completion. */
  inFlight = false;
  /** The next idle transfer, while this one is idle. */
  next: DmaBufTransfer | undefined = undefined;
  #fence: Fence | undefined = undefined;

  constructor(attached: BufferAttachment) {
    super();
    this.attached = attached;
    this.sg = attached.table;
    this.sgWasMapped = true;
    this.complete = completed;
  }

  prepare(fence: Fence, length: number): void {
    this.#fence = fence;
    this.length = length;
    this.inFlight = true;
    this.attached.state.begin();
  }

  /** ffs_dmabuf_signal_done. @param error 0 or a negative errno */
  done(error: number): void {
    const fence = this.#fence;
    if (fence === undefined) throw new TypeError('The controller has completed a request twice; once is right.');
    this.#fence = undefined;
    this.inFlight = false;
    const { attached } = this;
    if (attached.kernel.trace !== undefined) {
      traceEvent(attached.kernel, 'transfer done', { context: fence.context, seqno: fence.seqno, status: error });
    }
    fence.signal(error);
    attached.state.over();
    attached.state.data.workQueue.queue(this);
  }

  /** ffs_dmabuf_cleanup. */
  run(): void {
    const { attached } = this;
    if (attached.kernel.rules.forgetsRequests && attached.request === this) attached.request = undefined;
    attached.recycle(this);
    attached.unref();
  }
}

/** ffs_epfile_dmabuf_io_complete. */
function completed(_endpoint: UsbEndpoint, request: UsbRequest): void {
  (request as DmaBufTransfer).done(request.status);
}
