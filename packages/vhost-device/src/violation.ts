import { KernelError } from '@gadgetloom/core';

/**
 * A violation of the protocol by a front end or driver. It ends the connection.
 *
 * @param operation the message or queue, as the specification names it
 * @param sentence the mistake that was found, and the values that are allowed
 */
export const violation = (operation: string, sentence: string): KernelError =>
  new KernelError('EPROTO', operation, sentence);
