import { type ErrnoCode, errnoCode, KernelError } from '@gadgetloom/core';
import type { CopyReason } from './statistics.ts';
import type { Transfer } from './transfer.ts';

/** The reaction of an engine to a call that the kernel refused. */
export type Reaction = 'await endpoint' | 'await buffer' | 'attach again' | 'no dmabuf' | 'give up' | 'refuse transfer';

/** Reactions to the errno of ATTACH and TRANSFER with O_NONBLOCK. All others only fail the one transfer. */
const REACTIONS: { readonly [C in ErrnoCode]?: Reaction } = {
  EAGAIN: 'await endpoint',
  ESHUTDOWN: 'await endpoint',
  // Not bound, and the backend knows that the kernel would crash; or there is no function any more. Waiting will tell.
  ENODEV: 'await endpoint',
  EBUSY: 'await buffer',
  EPERM: 'attach again',
  ENOTTY: 'no dmabuf',
};

/** @param endpointClosed the endpoint file is closed, and nothing will ever work again */
export function reactionTo(error: KernelError, endpointClosed: boolean): Reaction {
  return endpointClosed ? 'give up' : (REACTIONS[error.code] ?? 'refuse transfer');
}

/** Why a stream fails with `onDisable: 'fail'`. */
export function disabledError(endpoint: string): KernelError {
  const advice =
    'the endpoint was disabled. Subscribe again to go on once the host has configured the device, ' +
    "or choose onDisable: 'replay' or 'drop'.";
  return new KernelError('ESHUTDOWN', `transfer through ${endpoint}`, advice);
}

/** Why a stream fails with `onFailure: 'fail'`. */
export function transferError({ sequence, endpoint, status, error }: Transfer): KernelError {
  const operation = `transfer ${sequence} through ${endpoint}`;
  return new KernelError(errnoCode(status), operation, error?.message, { cause: error });
}

/** Why a stream fails with `fallback: 'error'`; `code` is what ATTACH answers. */
export function noDmaBufError(code: CopyReason): KernelError {
  const advice =
    code === 'ENOTTY'
      ? "FunctionFS of this kernel takes no DMABUFs; Linux 6.9 and later do. Or allow fallback: 'copy'."
      : 'the controller cannot do scatter-gather, and without that FunctionFS takes no DMABUFs. ' +
        "Use another controller, or allow fallback: 'copy'.";
  return new KernelError(code, 'FUNCTIONFS_DMABUF_ATTACH', advice);
}
