import { KernelError } from '@gadgetloom/core';

/**
 * The error of a method that is not implemented yet.
 *
 * @param method name of the method: `'AcmeUdcController.pullup'`
 * @param requirement id of a requirement that fails without it, if there is one
 */
export function notImplemented(method: string, requirement?: string): KernelError {
  const needed = requirement === undefined ? 'no requirement needs it' : `the requirement "${requirement}" needs it`;
  return new KernelError('ENOSYS', method, `not implemented yet; ${needed}.`);
}
