import { KernelError } from '@gadgetloom/core';

/** The error with O_NONBLOCK while the host has not configured the device. */
export function notEnabled(operation: string): KernelError {
  const advice = 'The endpoint is not enabled: it is from the ENABLE event on, until DISABLE or UNBIND.';
  return new KernelError('EAGAIN', operation, advice);
}

/** The error if the endpoint was disabled, or disabled and enabled again, while a call waited. */
export function disabledMeanwhile(operation: string): KernelError {
  return new KernelError('ESHUTDOWN', operation, 'The endpoint was disabled while the call waited: start over.');
}

/** The error of calls on an instance without accepted descriptors and strings. */
export function notActive(operation: string, state: string): KernelError {
  return new KernelError(
    'ENODEV',
    operation,
    `The instance is in state ${state}: write descriptors and strings first.`,
  );
}
