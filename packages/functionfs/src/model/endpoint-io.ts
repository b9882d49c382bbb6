import { errnoCode, KernelError } from '@gadgetloom/core';
import { PAGE_SIZE } from '@gadgetloom/dmabuf';
import type { Interrupt } from '@gadgetloom/dmabuf/model';
import type { UsbRequest } from '@gadgetloom/udc';
import { KMALLOC_MAX, scatterPages } from './bounce-buffer.ts';
import { cancelRequest } from './cancel-request.ts';
import { disabledMeanwhile, notActive } from './endpoint-errors.ts';
import type { EndpointState } from './endpoint-state.ts';
import type { FunctionEndpoint } from './function-endpoint.ts';
import { interrupted } from './pending-signal.ts';

/** One read or write of an endpoint file. */
export interface EndpointCall {
  readonly isRead: boolean;
  /** Destination of a read, or bytes of a write. */
  readonly bytes: Uint8Array;
  readonly nonblock: boolean;
  readonly operation: string;
  readonly interrupt: Interrupt;
}

/**
 * The copying path, synchronous for the caller (ffs_epfile_io). There is no asynchronous I/O: calls take turns.
 *
 * @returns bytes moved
 * @throws KernelError see EndpointFile.read and write
 */
export async function endpointIo(state: EndpointState, call: EndpointCall): Promise<number> {
  const { isRead, bytes, nonblock, operation, interrupt } = call;
  if (state.data.state !== 'ACTIVE') throw notActive(operation, state.data.state);
  const ep = state.ep ?? (await state.waitEnabled(nonblock, operation, interrupt));
  const halt = isRead === state.isIn;
  if (halt && state.isIsochronous) {
    throw new KernelError('EINVAL', operation, 'This is the wrong direction, and an isochronous endpoint cannot halt.');
  }
  state.begin();
  try {
    if (!state.mutex.tryLock()) await state.mutex.lock(nonblock, operation, interrupt);
  } catch (error) {
    state.over();
    throw error;
  }
  try {
    if (isRead && !halt) {
      const surplus = state.takeSurplus(bytes);
      if (surplus > 0) return surplus;
    }
    if (state.ep !== ep) throw disabledMeanwhile(operation);
    if (halt) {
      ep.endpoint.setHalt(true);
      throw new KernelError('EBADMSG', operation, 'This is the wrong direction: the endpoint has been halted.');
    }
    return await transferBytes(state, ep, call);
  } finally {
    state.mutex.unlock();
    state.over();
  }
}

async function transferBytes(state: EndpointState, ep: FunctionEndpoint, call: EndpointCall): Promise<number> {
  const { isRead, bytes, operation } = call;
  const controller = state.data.gadget?.controller;
  const length = isRead && controller?.alignsOut === true ? roundUp(bytes.length, ep.endpoint.maxPacket) : bytes.length;
  const scatter = controller?.scatterGather === true && length > PAGE_SIZE;
  if (!scatter && length > KMALLOC_MAX) {
    throw new KernelError('ENOMEM', operation, `One transfer takes at most ${KMALLOC_MAX} bytes on this controller.`);
  }
  const buffer = new Uint8Array(length);
  if (!isRead) buffer.set(bytes);
  const { request } = ep;
  request.buffer = scatter ? undefined : buffer;
  request.sg = scatter ? scatterPages(buffer) : undefined;
  request.length = length;
  await queueAndWait(ep, request, call);
  const { status, actual } = request;
  if (status !== 0) throw new KernelError(errnoCode(status), operation);
  if (!isRead) return actual;
  bytes.set(buffer.subarray(0, Math.min(actual, bytes.length)));
  if (actual > bytes.length) state.keepSurplus(buffer.subarray(bytes.length, actual));
  return Math.min(actual, bytes.length);
}

/** Waits for completion even with O_NONBLOCK. An interrupt cancels the request and waits until it is cancelled. */
async function queueAndWait(ep: FunctionEndpoint, request: UsbRequest, call: EndpointCall): Promise<void> {
  const { interrupt, operation } = call;
  let wasInterrupted = false;
  const onInterrupt = (): void => {
    wasInterrupted = true;
    cancelRequest(ep.endpoint, request);
  };
  await new Promise<void>((resolve) => {
    request.complete = () => resolve();
    ep.endpoint.queue(request);
    if (interrupt.aborted) onInterrupt();
    else interrupt.addEventListener('abort', onInterrupt);
  });
  interrupt.removeEventListener('abort', onInterrupt);
  if (wasInterrupted && request.status < 0) throw interrupted(operation);
}

/** The kernel's round_up, which is correct for powers of two only. */
function roundUp(length: number, multiple: number): number {
  return length === 0 ? 0 : ((length - 1) | (multiple - 1)) + 1;
}
