import type { ErrnoCode } from '@gadgetloom/core';
import { encodeDescriptors, type FunctionDescriptor } from '@gadgetloom/functionfs';
import type { ScenarioStack } from '../scenario/target.ts';
import { expectOutcome, withInstance } from './fresh-instance.ts';
import type { Proof } from './requirement.ts';

/** A blob that is written to ep0, and what comes of it; `'0'` is that all of it is taken. */
export type Blob = readonly [what: string, bytes: Uint8Array, expected: '0' | ErrnoCode];

export const FLAGS_AT = 8;
export const VENDOR_SPECIFIC = 0xff;
export const LENGTH_AT = 4;

/** An interface, without strings. */
export const iface = (endpoints: number, number = 0, interfaceClass = VENDOR_SPECIFIC): FunctionDescriptor => ({
  ...{ type: 'interface', number, alternate: 0, endpoints, class: interfaceClass, subClass: 0, protocol: 0, string: 0 },
});
/** A bulk endpoint. */
export const bulk = (address: number): FunctionDescriptor => ({
  ...{ type: 'endpoint', address, attributes: 2, maxPacketSize: 64, interval: 0 },
});

/** Descriptors for full and high speed, the same. */
export function both(...descriptors: FunctionDescriptor[]): Uint8Array {
  return encodeDescriptors({ full: descriptors, high: descriptors });
}

export const GOOD = both(iface(2), bulk(0x81), bulk(0x02));

/** A blob with a word that is another. */
export function withWord(blob: Uint8Array, at: number, value: number): Uint8Array {
  const bytes = blob.slice();
  new DataView(bytes.buffer).setUint32(at, value, true);
  return bytes;
}

/** A blob with more bytes behind it, which its length counts. */
export function followedBy(blob: Uint8Array, ...more: number[]): Uint8Array {
  return withWord(Uint8Array.from([...blob, ...more]), LENGTH_AT, blob.length + more.length);
}

/** Each blob on an instance of its own, behind `first`. */
export function takes(blobs: readonly Blob[], first?: Uint8Array): Proof {
  return async (stack: ScenarioStack) => {
    for (const [what, bytes, expected] of blobs)
      await withInstance(stack, async ({ ep0 }) => {
        if (first !== undefined) await ep0.write(first);
        await expectOutcome(what, expected, async () => {
          const taken = await ep0.write(bytes);
          if (taken !== bytes.length) throw new Error(`${what}: ${taken} of ${bytes.length} bytes were taken.`);
        });
      });
  };
}
