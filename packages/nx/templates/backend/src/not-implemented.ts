import { KernelError } from '@gadgetloom/core';

/**
 * What a method throws until it does its work.
 *
 * @param method as in `'AcmeUdcController.pullup'`
 * @param requirement id of one that fails without it, where there is one
 */
export function notImplemented(method: string, requirement?: string): KernelError {
  const needed = requirement === undefined ? 'no requirement needs it' : `the requirement "${requirement}" needs it`;
  return new KernelError('ENOSYS', method, `not implemented yet; ${needed}.`);
}
