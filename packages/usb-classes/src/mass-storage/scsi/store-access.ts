import { CheckCondition, Sense, senseOfError } from '../sense.ts';
import type { LogicalUnit, Medium } from './logical-unit.ts';

/**
 * Does something with a store. Whatever goes wrong there is told to those who watch the unit, and to the host as sense
 * data.
 *
 * @param block where it is done, if that says something
 * @returns what the host is told; `undefined` if it went well
 */
export async function attempt(
  unit: LogicalUnit,
  operation: 'read' | 'write',
  block: number | undefined,
  act: () => Promise<void> | undefined,
): Promise<CheckCondition | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (error instanceof CheckCondition) return error;
    unit.events.failed?.(unit.number, error);
    return new CheckCondition(senseOfError(error, operation), block, { cause: error });
  }
}

/** {@link attempt} for commands: throws what the host is told. */
export async function demand(...args: Parameters<typeof attempt>): Promise<void> {
  const failure = await attempt(...args);
  if (failure !== undefined) throw failure;
}

/** Waits until everything that was written is on stable storage. @returns what the host is told if it is not */
export function flushMedium(unit: LogicalUnit, medium: Medium | undefined): Promise<CheckCondition | undefined> {
  return attempt(unit, 'write', undefined, async () => {
    if (medium === undefined || medium.readOnly) return;
    await medium.store.flush();
    unit.events.flushed?.(unit.number);
  });
}

/** What the host is told of an error that is nobody's of the above: a defect. */
export function internalFailure(unit: LogicalUnit, error: unknown): CheckCondition {
  unit.events.failed?.(unit.number, error);
  return new CheckCondition(Sense.INTERNAL_TARGET_FAILURE, undefined, { cause: error });
}
