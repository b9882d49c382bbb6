import { isKernelError, type KernelError } from '@gadgetloom/core';
import type { ScenarioSession } from '../session.ts';

/** Runs one operation and gives its outcome. A KernelError is an outcome too: its code. */
export type Operation = (
  session: ScenarioSession,
  args: readonly string[],
) => string | number | Promise<string | number>;

/**
 * Runs `work`; a KernelError becomes the name of its errno, anything else is a fault of ours and is thrown on.
 *
 * @param onRefusal called with a KernelError
 */
export async function outcome(
  work: () => string | number | undefined | Promise<string | number | undefined>,
  onRefusal: (refusal: KernelError) => void,
): Promise<string> {
  try {
    return String((await work()) ?? 0);
  } catch (error) {
    if (!isKernelError(error)) throw error;
    onRefusal(error);
    return error.code;
  }
}
