import { errnoCode, KernelError, POLLIN, POLLOUT } from '@gadgetloom/core';
import { type GadgetEndpoint, USB_DIR_IN, UsbRequest } from '@gadgetloom/udc';
import type { Ep0File } from '../ep0-file.ts';
import { EVENT_SIZE } from '../event.ts';
import { BlobRejected } from '../rejection.ts';
import { acceptStrings } from '../strings-blob.ts';
import { cancelRequest } from './cancel-request.ts';
import type { FfsData } from './ffs-data.ts';
import { FileDescription } from './file-description.ts';
import { interrupted, type PendingSignal } from './pending-signal.ts';

/** An open ep0. Source: f_fs.c, ffs_ep0_operations. */
export class Ep0FileModel extends FileDescription implements Ep0File {
  readonly #data: FfsData;

  /** For MountModel, which has already counted the file as opened. @throws KernelError EMFILE */
  constructor(data: FfsData, nonblock: boolean) {
    super(data.kernel.dmabuf.files, 'ep0', nonblock);
    this.#data = data;
    data.files.add(this);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.call('write', async (operation, signal) => {
      const data = this.#data;
      if (data.events.clearCancelled()) throw cancelled(operation);
      if (!data.mutex.tryLock()) await data.mutex.lock(this.nonblock, operation, signal);
      try {
        switch (data.state) {
          case 'READ_DESCRIPTORS':
            this.#takeDescriptors(bytes, operation);
            return bytes.length;
          case 'READ_STRINGS':
            this.#takeStrings(bytes, operation);
            break;
          case 'ACTIVE':
            return await this.#answer(bytes, operation, signal);
          default:
            throw badState(operation, data.state);
        }
      } finally {
        data.mutex.unlock();
      }
      this.#becomeReady(operation);
      return bytes.length;
    });
  }

  #takeDescriptors(bytes: Uint8Array, operation: string): void {
    const data = this.#data;
    refusing(operation, () => data.descriptors.accept(bytes.slice(), (fd) => data.useEventFd(fd)));
    data.state = 'READ_STRINGS';
  }

  #takeStrings(bytes: Uint8Array, operation: string): void {
    const data = this.#data;
    refusing(operation, () => {
      data.strings = acceptStrings(bytes.slice(), data.descriptors.stringCount);
    });
    data.createEndpoints();
    data.state = 'ACTIVE';
  }

  /** ffs_ready. */
  #becomeReady(operation: string): void {
    const data = this.#data;
    const { instance } = data;
    const code = instance === undefined ? 'EINVAL' : instance.ready ? 'EBUSY' : undefined;
    if (code === undefined) {
      instance!.ready = true;
      return;
    }
    data.state = 'CLOSING';
    const advice =
      code === 'EINVAL' ? `The function directory ffs.${data.name} is gone.` : 'The instance is ready already.';
    throw new KernelError(code, operation, advice);
  }

  /** Sends the data of an IN control request. */
  async #answer(bytes: Uint8Array, operation: string, signal: PendingSignal): Promise<number> {
    const { events } = this.#data;
    if (events.clearCancelled()) throw cancelled(operation);
    if (events.setupState === 'none') {
      throw new KernelError('ESRCH', operation, 'No control request waits for an answer: read a SETUP event first.');
    }
    if ((events.setup.requestType & USB_DIR_IN) === 0) throw this.#stall(operation, 'read');
    return this.#control(bytes.slice(0, events.setup.length), operation, signal);
  }

  read(into: Uint8Array): Promise<number> {
    return this.call('read', async (operation, signal) => {
      const data = this.#data;
      const { events } = data;
      if (events.clearCancelled()) throw cancelled(operation);
      for (;;) {
        if (!data.mutex.tryLock()) await data.mutex.lock(this.nonblock, operation, signal);
        try {
          if (data.state !== 'ACTIVE') throw badState(operation, data.state);
          if (events.clearCancelled()) throw cancelled(operation);
          if (events.setupState === 'pending') return await this.#receive(into, operation, signal);
          const room = Math.floor(into.length / EVENT_SIZE);
          if (room === 0) {
            throw new KernelError('EINVAL', operation, `Events have ${EVENT_SIZE} bytes: give room for one at least.`);
          }
          if (events.count > 0) return events.take(room, into);
          if (this.nonblock) {
            throw new KernelError('EAGAIN', operation, 'No event is queued: poll the file to learn of the next.');
          }
        } finally {
          data.mutex.unlock();
        }
        while (events.count === 0) await data.eventAdded.sleep(operation, signal);
      }
    });
  }

  /** Receives the data of an OUT control request. */
  async #receive(into: Uint8Array, operation: string, signal: PendingSignal): Promise<number> {
    const { setup } = this.#data.events;
    if ((setup.requestType & USB_DIR_IN) !== 0) throw this.#stall(operation, 'write');
    const bytes = new Uint8Array(Math.min(into.length, setup.length));
    const received = await this.#control(bytes, operation, signal);
    into.set(bytes.subarray(0, received));
    return received;
  }

  #stall(operation: string, instead: string): KernelError {
    this.#data.stall();
    return new KernelError(
      'EL2HLT',
      operation,
      `The request goes the other way, and is stalled now: ${instead} answers it.`,
    );
  }

  /** Data and status stage of the pending control request (__ffs_ep0_queue_wait). O_NONBLOCK does not matter. */
  async #control(bytes: Uint8Array, operation: string, signal: PendingSignal): Promise<number> {
    const data = this.#data;
    const { gadget, events } = data;
    if (gadget === undefined) throw new KernelError('EINVAL', operation, 'The function was unbound meanwhile.');
    const request = new UsbRequest();
    request.buffer = bytes;
    request.length = bytes.length;
    request.zero = bytes.length < events.setup.length;
    await this.#queueAndWait(gadget.ep0, request, operation, signal);
    if (request.status !== 0) throw new KernelError(errnoCode(request.status), operation);
    return request.actual;
  }

  #queueAndWait(ep0: GadgetEndpoint, request: UsbRequest, operation: string, signal: PendingSignal): Promise<void> {
    const data = this.#data;
    return new Promise((resolve, reject) => {
      const onInterrupt = (): void => {
        data.ep0Request = undefined;
        reject(interrupted(operation));
        cancelRequest(ep0, request);
      };
      request.complete = () => {
        signal.removeEventListener('abort', onInterrupt);
        if (data.ep0Request === request) {
          data.ep0Request = undefined;
          data.events.setupState = 'none';
        }
        resolve();
      };
      ep0.queue(request);
      data.ep0Request = request;
      if (signal.aborted) onInterrupt();
      else signal.addEventListener('abort', onInterrupt);
    });
  }

  poll(events: number): number {
    this.checkOpen('poll');
    return this.#pollNow(events);
  }

  #pollNow(events: number): number {
    return this.#data.mutex.locked ? 0 : events & this.#mask();
  }

  ready(events: number, timeout: number = Number.POSITIVE_INFINITY): Promise<number> {
    return this.call('poll', async (operation, signal) => {
      const data = this.#data;
      const { clock } = data.kernel;
      const end = clock.now() + timeout;
      for (;;) {
        if (data.mutex.locked && !this.nonblock) {
          await data.mutex.lock(false, operation, signal);
          data.mutex.unlock();
        }
        const mask = this.#pollNow(events);
        const left = end - clock.now();
        if (mask !== 0 || left <= 0) return mask;
        if (!(await data.eventAdded.sleep(operation, signal, clock, left))) return this.#pollNow(events);
      }
    });
  }

  /** ffs_ep0_poll. */
  #mask(): number {
    const { state, events } = this.#data;
    if (state === 'READ_DESCRIPTORS' || state === 'READ_STRINGS') return POLLOUT;
    if (state !== 'ACTIVE') return 0;
    if (events.setupState !== 'none') return POLLIN | POLLOUT;
    return events.count > 0 ? POLLIN : 0;
  }

  interfaceRevmap(interfaceNumber: number): Promise<number> {
    return this.call('FUNCTIONFS_INTERFACE_REVMAP', async (operation) => {
      const { func } = this.#data;
      if (func === undefined) throw new KernelError('ENODEV', operation, 'The host has not configured the device.');
      return func.functionInterface(interfaceNumber);
    });
  }

  protected override release(): void {
    this.#data.fileReleased(this);
  }
}

/** Runs a parser of blobs. Its refusal becomes the error of the write. */
function refusing(operation: string, parse: () => void): void {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof BlobRejected)) throw error;
    throw new KernelError(error.code, operation, `Not accepted. ${error.message}.`, { cause: error });
  }
}

function cancelled(operation: string): KernelError {
  return new KernelError('EIDRM', operation, 'The control request was cancelled by a later event: read events again.');
}

function badState(operation: string, state: string): KernelError {
  return new KernelError('EBADFD', operation, `The instance is in state ${state}.`);
}
