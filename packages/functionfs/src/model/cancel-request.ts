import { isKernelError } from '@gadgetloom/core';
import type { GadgetEndpoint, UsbRequest } from '@gadgetloom/udc';

/**
 * Dequeues a request as f_fs.c does everywhere: without looking at the answer. A refusal means that the request is not
 * queued any more.
 */
export function cancelRequest(endpoint: GadgetEndpoint, request: UsbRequest): void {
  try {
    endpoint.dequeue(request);
  } catch (error) {
    if (!isKernelError(error)) throw error;
  }
}

/** Halts ep0, which stalls the control request under way; the answer is not looked at (__ffs_ep0_stall). */
export function stallControl(ep0: GadgetEndpoint): void {
  try {
    ep0.setHalt(true);
  } catch (error) {
    if (!isKernelError(error)) throw error;
  }
}
