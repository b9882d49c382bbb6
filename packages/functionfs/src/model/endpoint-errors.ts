import { KernelError } from '@gadgetloom/core';

/** What O_NONBLOCK gets while the host has not configured the device. */
export function notEnabled(operation: string): KernelError {
  const advice = 'The endpoint is not enabled: it is from the ENABLE event on, until DISABLE or UNBIND.';
  return new KernelError('EAGAIN', operation, advice);
}

/** For an endpoint that was disabled, or enabled anew, while a call waited. */
export function disabledMeanwhile(operation: string): KernelError {
  return new KernelError('ESHUTDOWN', operation, 'The endpoint was disabled while the call waited: start over.');
}

/** For calls on the files of an instance whose descriptors and strings are not in force. */
export function notActive(operation: string, state: string): KernelError {
  return new KernelError(
    'ENODEV',
    operation,
    `The instance is in state ${state}: write descriptors and strings first.`,
  );
}
