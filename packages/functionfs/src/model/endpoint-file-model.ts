import { KernelError, type OpenFile } from '@gadgetloom/core';
import type { Fence } from '@gadgetloom/dmabuf/model';
import type { Direction, EndpointDescriptor, UsbSpeed } from '@gadgetloom/udc';
import type { Attached } from '../attached.ts';
import type { EndpointFile } from '../endpoint-file.ts';
import { type EndpointUse, endpointStopped } from '../endpoint-use.ts';
import { disabledMeanwhile, notActive } from './endpoint-errors.ts';
import { endpointIo } from './endpoint-io.ts';
import type { EndpointState } from './endpoint-state.ts';
import { FileDescription } from './file-description.ts';
import type { FunctionEndpoint } from './function-endpoint.ts';
import type { PendingSignal } from './pending-signal.ts';

/** Descriptors to try first (ffs_epfile_ioctl). */
const DESCRIPTOR_INDEX: Readonly<Record<UsbSpeed, number>> = { low: 0, full: 0, high: 1, super: 2, 'super-plus': 2 };

/** Result of ENDPOINT_REVMAP for every endpoint: ffs_ep.num is -1 in eight bits, because f_fs.c never sets it. */
const REVMAP = 255;

/** An open endpoint file. Source: f_fs.c, ffs_epfile_operations. */
export class EndpointFileModel extends FileDescription implements EndpointFile {
  readonly gadgetName: string;
  readonly use: EndpointUse;
  closing = false;
  readonly #state: EndpointState;

  /** For MountModel, which has already counted the file as opened. @throws KernelError EMFILE */
  constructor(state: EndpointState, nonblock: boolean, gadgetName: string = state.name) {
    super(state.data.kernel.dmabuf.files, state.name, nonblock);
    this.gadgetName = gadgetName;
    this.use = state.use;
    this.#state = state;
    state.data.files.add(this);
  }

  get direction(): Direction {
    return this.#state.isIn ? 'in' : 'out';
  }

  get attachments(): readonly Attached[] {
    return this.#state.dmabufs.attachments;
  }

  stop(): void {
    this.closing = true;
  }

  read(into: Uint8Array): Promise<number> {
    return this.#io(true, into);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#io(false, bytes);
  }

  #io(isRead: boolean, bytes: Uint8Array): Promise<number> {
    const { nonblock } = this;
    return this.call(isRead ? 'read' : 'write', (operation, interrupt) =>
      endpointIo(this.#state, { isRead, bytes, nonblock, operation, interrupt }),
    );
  }

  attach(buffer: OpenFile, owner?: object): void {
    this.#checkUsable('FUNCTIONFS_DMABUF_ATTACH');
    this.#state.dmabufs.attach({ buffer, owner });
  }

  attachBlocking(buffer: OpenFile, owner?: object): Promise<void> {
    return this.#ioctl('FUNCTIONFS_DMABUF_ATTACH', (_, signal) =>
      this.#state.dmabufs.attachBlocking({ buffer, owner }, signal),
    );
  }

  detach(buffer: OpenFile, owner?: object): void {
    super.checkOpen('FUNCTIONFS_DMABUF_DETACH');
    this.#checkActive('FUNCTIONFS_DMABUF_DETACH');
    this.#state.dmabufs.detach(buffer, owner);
  }

  transfer(buffer: OpenFile, length: number, flags = 0): Fence {
    this.#checkUsable('FUNCTIONFS_DMABUF_TRANSFER');
    return this.#state.dmabufs.transfer(buffer, length, flags);
  }

  transferBlocking(buffer: OpenFile, length: number, flags = 0): Promise<Fence> {
    return this.#ioctl('FUNCTIONFS_DMABUF_TRANSFER', (_, signal) =>
      this.#state.dmabufs.transferBlocking(buffer, length, flags, signal),
    );
  }

  fifoStatus(): Promise<number> {
    return this.#endpointIoctl('FUNCTIONFS_FIFO_STATUS', ({ endpoint }) => endpoint.fifoStatus());
  }

  fifoFlush(): Promise<void> {
    return this.#endpointIoctl('FUNCTIONFS_FIFO_FLUSH', ({ endpoint }) => endpoint.fifoFlush());
  }

  clearHalt(): Promise<void> {
    return this.#endpointIoctl('FUNCTIONFS_CLEAR_HALT', ({ endpoint }) => endpoint.setHalt(false));
  }

  endpointRevmap(): Promise<number> {
    return this.#endpointIoctl('FUNCTIONFS_ENDPOINT_REVMAP', () => REVMAP);
  }

  endpointDescriptor(): Promise<EndpointDescriptor> {
    return this.#endpointIoctl('FUNCTIONFS_ENDPOINT_DESC', (ep, operation) => {
      const speed = this.#state.data.gadget?.controller.speed ?? 'full';
      for (let at = DESCRIPTOR_INDEX[speed]; at >= 0; at--) {
        const descriptor = ep.descriptors[at];
        if (descriptor !== undefined) return descriptor;
      }
      if (ep.endpoint.descriptor !== undefined) return ep.endpoint.descriptor;
      throw new KernelError('EINVAL', operation, 'The endpoint has no descriptor for this speed.');
    });
  }

  ioctl(name: string): Promise<number> {
    return this.#endpointIoctl(name, (_ep, operation) => {
      throw new KernelError('ENOTTY', operation, 'FunctionFS does not know this ioctl.');
    });
  }

  settle(timeout = Number.POSITIVE_INFINITY): Promise<number> {
    return this.#state.settle(timeout);
  }

  /** An ioctl that needs the endpoint to be enabled. */
  #endpointIoctl<T>(name: string, body: (ep: FunctionEndpoint, operation: string) => T): Promise<T> {
    const state = this.#state;
    return this.#ioctl(name, async (operation, signal) => {
      const ep = state.ep ?? (await state.waitEnabled(this.nonblock, operation, signal));
      if (state.ep !== ep) throw disabledMeanwhile(operation);
      return body(ep, operation);
    });
  }

  #ioctl<T>(name: string, body: (operation: string, signal: PendingSignal) => Promise<T>): Promise<T> {
    return this.call(name, (operation, signal) => {
      this.#checkActive(name);
      return body(operation, signal);
    });
  }

  protected override checkOpen(operation: string): void {
    if (this.closing) throw endpointStopped(operation, this.gadgetName);
    super.checkOpen(operation);
  }

  #checkUsable(operation: string): void {
    this.checkOpen(operation);
    this.#checkActive(operation);
  }

  #checkActive(operation: string): void {
    const { state } = this.#state.data;
    if (state !== 'ACTIVE') throw notActive(`${operation} ${this.name}`, state);
  }

  protected override release(): void {
    const { data, dmabufs } = this.#state;
    dmabufs.releaseAll(`close ${this.name}`);
    data.fileReleased(this);
  }
}
