import { isKernelError } from '@gadgetloom/core';
import type { GadgetEndpoint, UsbRequest } from '@gadgetloom/udc';

/**
 * Dequeues a request and ignores a refusal, as f_fs.c does everywhere: a refusal means that the request is no longer
 * queued.
 */
export function cancelRequest(endpoint: GadgetEndpoint, request: UsbRequest): void {
  try {
    endpoint.dequeue(request);
  } catch (error) {
    if (!isKernelError(error)) throw error;
  }
}

/** Halts ep0, which stalls the control request under way. It ignores a refusal (__ffs_ep0_stall). */
export function stallControl(ep0: GadgetEndpoint): void {
  try {
    ep0.setHalt(true);
  } catch (error) {
    if (!isKernelError(error)) throw error;
  }
}
