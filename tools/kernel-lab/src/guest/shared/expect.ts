import { type ErrnoCode, errnoCode, errnoMeaning, isKernelError, type KernelError } from '@gadgetloom/core';

/** @throws Error with what is said, unless it is true */
export function expect(fact: unknown, otherwise: string): asserts fact {
  if (!fact) throw new Error(otherwise);
}

/** @throws Error two values differ as JSON */
export function expectEqual(found: unknown, wanted: unknown, what = ''): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(wanted)];
  expect(one === other, `${what === '' ? '' : `${what}: `}${one} instead of ${other}`);
}

/** @param status 1, or a negative errno @throws Error it is another one; both are named */
export function expectStatus(status: number, wanted: string, what = ''): void {
  const named = status < 0 ? errnoCode(status) : 'ok';
  expectEqual(named, wanted, what);
}

/**
 * The error that a call has to fail with.
 *
 * @throws Error it does not fail, or with another errno, or the message does not tell what to do
 */
export async function refusalOf(call: () => unknown, ...codes: ErrnoCode[]): Promise<KernelError> {
  const error: unknown = await Promise.resolve()
    .then(call)
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  const wanted = codes.join(' or ');
  if (!isKernelError(error)) throw new Error(`${error} instead of ${wanted}`, { cause: error });
  if (!codes.includes(error.code)) throw new Error(`${error.code} instead of ${wanted}`, { cause: error });
  if (error.message.endsWith(errnoMeaning(error.errno)))
    throw new Error(`"${error.message}" does not tell what to do`, { cause: error });
  return error;
}
