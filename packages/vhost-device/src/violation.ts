import { KernelError } from '@gadgetloom/core';

/**
 * Something that a front end or driver must not do: the connection ends with it.
 *
 * @param operation the message or queue, in the words of the specification
 * @param sentence what was found, and what is allowed
 */
export const violation = (operation: string, sentence: string): KernelError =>
  new KernelError('EPROTO', operation, sentence);
