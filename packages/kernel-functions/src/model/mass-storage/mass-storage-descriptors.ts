import { type DescriptorSpeed, encodeInterfaces } from '@gadgetloom/udc';
import { bulk, NO_BURST } from '../serial/endpoint-set.ts';

/** String of the interface (FSG_STRING_INTERFACE). */
export const INTERFACE_STRING = 'Mass Storage';
/** bMaxBurst: 16 packets of 1024 bytes are a buffer (fsg_bind). */
const BURST = { ...NO_BURST, maxBurst: 15 };

/** The numbers in the descriptors that binding fixes. */
export interface MassStorageNumbers {
  readonly interfaceNumber: number;
  /** Id of {@link INTERFACE_STRING}. */
  readonly string: number;
  /** Endpoint addresses. */
  readonly in: number;
  readonly out: number;
}

/** The descriptors at a speed. Source: storage_common.c, fsg_fs_function, fsg_hs_function, fsg_ss_function. */
export function massStorageDescriptors(numbers: MassStorageNumbers, speed: DescriptorSpeed): Uint8Array {
  const companion = speed === 'super' ? { companion: BURST } : {};
  // At high speed, OUT has bInterval 1: it NAKs at most once in a microframe.
  const interval = speed === 'high' ? 1 : 0;
  return encodeInterfaces({
    extra: [],
    interfaces: [
      {
        number: numbers.interfaceNumber,
        alternates: [
          {
            alternate: 0,
            interfaceClass: 8,
            interfaceSubClass: 6,
            interfaceProtocol: 0x50,
            stringIndex: numbers.string,
            extra: [],
            endpoints: [
              { ...bulk(numbers.in, speed), ...companion, extra: [] },
              { ...bulk(numbers.out, speed), interval, ...companion, extra: [] },
            ],
          },
        ],
      },
    ],
  });
}
