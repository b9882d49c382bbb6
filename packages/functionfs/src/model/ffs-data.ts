import type { ErrnoCode } from '@gadgetloom/core';
import type { FunctionBinding, UsbRequest } from '@gadgetloom/udc';
import { DescriptorState } from '../descriptor-rules.ts';
import type { RawStrings } from '../strings-blob.ts';
import { DescriptorFlag } from '../uapi.ts';
import { cancelRequest, stallControl } from './cancel-request.ts';
import { EndpointState } from './endpoint-state.ts';
import { type EventFd, findEventFd } from './event-fd.ts';
import { EventQueue } from './event-queue.ts';
import type { FfsFunction } from './ffs-function.ts';
import type { FileDescription } from './file-description.ts';
import type { Instance } from './instance.ts';
import { type Kernel, traceEvent, traceHazard } from './kernel.ts';
import { Mutex } from './mutex.ts';
import { WaitQueue } from './wait-queue.ts';
import { WorkQueue } from './work-queue.ts';

/** States of an instance (enum ffs_state). */
export type FfsState = 'READ_DESCRIPTORS' | 'READ_STRINGS' | 'ACTIVE' | 'DEACTIVATED' | 'CLOSING';

/** A mounted instance (struct ffs_data): from mount to unmount. */
export class FfsData {
  readonly kernel: Kernel;
  /** Its function directory, while that exists. */
  instance: Instance | undefined;
  readonly noDisconnect: boolean;
  /** Held by calls on ep0 and by open. */
  readonly mutex: Mutex = new Mutex();
  readonly events: EventQueue = new EventQueue((type) => {
    traceEvent(this.kernel, 'event', { instance: this.name, type });
    this.eventAdded.wake();
    this.eventfd?.signal();
  });
  /** Woken by events. Readers of ep0 wait exclusively. */
  readonly eventAdded: WaitQueue = new WaitQueue('oldest first');
  /** Woken when endpoints were enabled. */
  readonly enabled: WaitQueue = new WaitQueue('newest first');
  readonly workQueue: WorkQueue;
  readonly descriptors: DescriptorState = new DescriptorState();
  strings: readonly RawStrings[] = [];
  /** Ids of the strings in the gadget, while bound. */
  stringIds: readonly number[] = [];
  /** The endpoint files, from the accepted strings until the last file closes. */
  endpoints: readonly EndpointState[] | undefined = undefined;
  /** The gadget that it is bound to. */
  gadget: FunctionBinding | undefined = undefined;
  /** The function that the host has selected. */
  func: FfsFunction | undefined = undefined;
  /** The answer under way to a control request. */
  ep0Request: UsbRequest | undefined = undefined;
  eventfd: EventFd | undefined = undefined;
  /** Open files, for the cleanup. */
  readonly files = new Set<FileDescription>();
  /** Woken when a file was released. */
  readonly released: WaitQueue = new WaitQueue('oldest first');
  readonly name: string;
  #state: FfsState = 'READ_DESCRIPTORS';
  #opened = 0;
  /** The gadget to unregister. Set from the first attempt to bind (FFS_FL_BOUND). */
  #bound: FunctionBinding | undefined = undefined;

  constructor(kernel: Kernel, instance: Instance, noDisconnect: boolean) {
    this.kernel = kernel;
    this.instance = instance;
    this.name = instance.name;
    this.noDisconnect = noDisconnect;
    this.workQueue = new WorkQueue(kernel.clock);
  }

  get state(): FfsState {
    return this.#state;
  }

  set state(state: FfsState) {
    if (state !== this.#state) traceEvent(this.kernel, 'state', { instance: this.name, state });
    this.#state = state;
  }

  /** Open files, ep0 and others. */
  get opened(): number {
    return this.#opened;
  }

  hasFlag(flag: number): boolean {
    return (this.descriptors.userFlags & flag) !== 0;
  }

  /** Counts an open file. The first one ends DEACTIVATED (ffs_data_opened). */
  fileOpened(): void {
    this.#opened++;
    if (this.#opened !== 1 || this.#state !== 'DEACTIVATED') return;
    if (this.gadget !== undefined) {
      traceHazard(
        this.kernel,
        'open ep0',
        'the gadget is unregistered with ffs->mutex held, and its unbind locks it again',
      );
    }
    this.state = 'CLOSING';
    this.reset();
  }

  /** A file was released: its last reference is gone. */
  fileReleased(file: FileDescription): void {
    this.files.delete(file);
    this.fileClosed();
    this.released.wake();
  }

  /** Counts the end of an open file. The last one deactivates or resets the instance (ffs_data_closed). */
  fileClosed(): void {
    this.#opened--;
    if (this.#opened > 0) return;
    if (this.#opened === 0 && this.noDisconnect) this.#deactivate();
    else {
      this.state = 'CLOSING';
      this.reset();
    }
  }

  #deactivate(): void {
    this.state = 'DEACTIVATED';
    this.#removeEndpoints();
    if (this.events.setupState === 'pending') this.stall();
  }

  /** Stalls ep0 instead of answering a control request. Source: __ffs_ep0_stall. */
  stall(): void {
    this.events.setupState = 'none';
    if (this.gadget !== undefined) stallControl(this.gadget.ep0);
  }

  /** Unregisters the gadget and waits for descriptors again (ffs_data_reset). */
  reset(): void {
    this.#clear();
    this.descriptors.reset();
    this.strings = [];
    this.events.reset();
    this.#bound = undefined;
    this.state = 'READ_DESCRIPTORS';
  }

  /** {@link reset} from the system's workqueue. */
  scheduleReset(): void {
    this.state = 'CLOSING';
    this.kernel.clock.defer(() => this.reset());
  }

  #clear(): void {
    const { instance } = this;
    if (instance !== undefined) {
      instance.ready = false;
      this.#bound?.unregisterGadget();
    }
    this.#removeEndpoints();
    this.eventfd = undefined;
  }

  /** Creates the endpoint files (ffs_epfiles_create). */
  createEndpoints(): void {
    const { endpointCount, addresses } = this.descriptors;
    const byAddress = this.hasFlag(DescriptorFlag.VIRTUAL_ADDR);
    this.endpoints = Array.from({ length: endpointCount }, (_, n) => {
      const address = addresses[n + 1]!;
      const name = byAddress ? `ep${address.toString(16).padStart(2, '0')}` : `ep${n + 1}`;
      return new EndpointState(this, name, (address & 0x80) !== 0);
    });
  }

  #removeEndpoints(): void {
    for (const endpoint of this.endpoints ?? []) endpoint.dropSurplus();
    this.endpoints = undefined;
  }

  /** Keeps the eventfd of a descriptor blob. Returns the errno if the descriptor is not an eventfd. */
  useEventFd(fd: number): ErrnoCode | undefined {
    const found = findEventFd(this.kernel.dmabuf.files, fd);
    if (typeof found === 'string') return found;
    this.eventfd = found;
    return undefined;
  }

  /** True from the first attempt to bind. A failed attempt may leave it set, as in the kernel (FFS_FL_BOUND). */
  get bound(): boolean {
    return this.#bound !== undefined;
  }

  /** Takes the function's place in the gadget. */
  bindTo(binding: FunctionBinding): void {
    this.#bound = binding;
  }

  /** functionfs_unbind. */
  unbind(): void {
    const { gadget, ep0Request } = this;
    if (gadget === undefined) return;
    this.gadget = undefined;
    this.#bound = undefined;
    this.stringIds = [];
    if (ep0Request === undefined) return;
    this.ep0Request = undefined;
    this.events.setupState = 'none';
    cancelRequest(gadget.ep0, ep0Request);
  }
}
