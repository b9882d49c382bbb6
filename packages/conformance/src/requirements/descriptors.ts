import type { ErrnoCode } from '@gadgetloom/core';
import { encodeDescriptors, encodeStrings, type FunctionDescriptor } from '@gadgetloom/functionfs';
import { DescriptorType } from '@gadgetloom/udc';
import { encodeScenarioDescriptors } from '../scenario/gadget.ts';
import type { ScenarioStack } from '../scenario/target.ts';
import { expectOutcome, withInstance } from './fresh-instance.ts';
import type { Proof, Requirement, RequirementGroup } from './requirement.ts';

/** A blob that is written to ep0, and what comes of it; `'0'` is that all of it is taken. */
type Blob = readonly [what: string, bytes: Uint8Array, expected: '0' | ErrnoCode];

const LENGTH_AT = 4;
const FLAGS_AT = 8;
const HID = 3;
const VENDOR_SPECIFIC = 0xff;
const US_ENGLISH = 0x409;

const iface = (endpoints: number, number = 0, interfaceClass = VENDOR_SPECIFIC): FunctionDescriptor => ({
  ...{ type: 'interface', number, alternate: 0, endpoints, class: interfaceClass, subClass: 0, protocol: 0, string: 0 },
});
const bulk = (address: number): FunctionDescriptor => ({
  ...{ type: 'endpoint', address, attributes: 2, maxPacketSize: 64, interval: 0 },
});

/** Descriptors for full and high speed, the same. */
function both(...descriptors: FunctionDescriptor[]): Uint8Array {
  return encodeDescriptors({ full: descriptors, high: descriptors });
}

const GOOD = both(iface(2), bulk(0x81), bulk(0x02));

/** A blob with a word that is another. */
function withWord(blob: Uint8Array, at: number, value: number): Uint8Array {
  const bytes = blob.slice();
  new DataView(bytes.buffer).setUint32(at, value, true);
  return bytes;
}

/** A blob with more bytes behind it, which its length counts. */
function followedBy(blob: Uint8Array, ...more: number[]): Uint8Array {
  return withWord(Uint8Array.from([...blob, ...more]), LENGTH_AT, blob.length + more.length);
}

/** An interface at full speed, and one descriptor of bytes behind it. */
function fullSpeedWith(interfaceClass: number, ...descriptor: number[]): Uint8Array {
  const blob = encodeDescriptors({ full: [iface(0, 0, interfaceClass)] });
  const count = FLAGS_AT + 4;
  return withWord(followedBy(blob, ...descriptor), count, 2);
}

const filled = (type: number, length: number): number[] => [length, type, ...Array(length - 2).fill(0)];
const addresses = Array.from({ length: 30 }, (_, at) => (at < 15 ? 0x81 + at : at - 14));

const HEAD: readonly Blob[] = [
  ['descriptors', GOOD, '0'],
  ['less than 16 bytes', GOOD.subarray(0, 15), 'EINVAL'],
  ['a length that is not that of the write', withWord(GOOD, LENGTH_AT, GOOD.length - 1), 'EINVAL'],
  ['a magic that there is not', withWord(GOOD, 0, 7), 'EINVAL'],
  ['strings first', encodeStrings([]), 'EINVAL'],
  ['a flag that there is not', withWord(GOOD, FLAGS_AT, 0x103), 'ENOSYS'],
  ['no descriptors', encodeDescriptors({ full: [], high: [] }), 'EINVAL'],
  ['a byte too many', followedBy(GOOD, 0), 'EINVAL'],
  [
    'the format of old',
    encodeDescriptors({ format: 'legacy', full: [iface(1), bulk(0x81)], high: [iface(1), bulk(0x81)] }),
    '0',
  ],
];

const KINDS: readonly Blob[] = [
  ['OTG', fullSpeedWith(VENDOR_SPECIFIC, ...filled(DescriptorType.OTG, 3)), '0'],
  ['an association', fullSpeedWith(VENDOR_SPECIFIC, ...filled(DescriptorType.INTERFACE_ASSOCIATION, 8)), '0'],
  ['an interface that is too short', fullSpeedWith(VENDOR_SPECIFIC, ...filled(DescriptorType.INTERFACE, 8)), 'EINVAL'],
  ['an endpoint of number 0', fullSpeedWith(VENDOR_SPECIFIC, 7, DescriptorType.ENDPOINT, 0x80, 2, 64, 0, 0), 'EINVAL'],
  ['HID of a HID interface', fullSpeedWith(HID, ...filled(DescriptorType.HID, 9)), '0'],
  ['HID of another interface', fullSpeedWith(VENDOR_SPECIFIC, ...filled(DescriptorType.HID, 9)), 'EINVAL'],
  ...(['DEVICE', 'CONFIG', 'STRING', 'DEVICE_QUALIFIER', 'BOS', 'SSP_ISOC_ENDPOINT_COMPANION'] as const).map(
    (name): Blob => [name, fullSpeedWith(VENDOR_SPECIFIC, ...filled(DescriptorType[name], 8)), 'EINVAL'],
  ),
  ['of a class', fullSpeedWith(VENDOR_SPECIFIC, ...filled(0x24, 5)), 'EINVAL'],
];

const SPEEDS: readonly Blob[] = [
  ['30 endpoints', encodeDescriptors({ full: [iface(30), ...addresses.map(bulk)] }), '0'],
  ['31 endpoints', encodeDescriptors({ full: [iface(31), ...addresses.map(bulk), bulk(0x81)] }), 'EINVAL'],
  [
    'another number of endpoints',
    encodeDescriptors({ full: [iface(1), bulk(0x81)], high: [iface(2), bulk(0x81), bulk(0x02)] }),
    'EINVAL',
  ],
  [
    'other addresses',
    encodeDescriptors({ full: [iface(2), bulk(0x81), bulk(0x02)], high: [iface(2), bulk(0x02), bulk(0x81)] }),
    'EINVAL',
  ],
  [
    'another number of interfaces',
    encodeDescriptors({ full: [iface(1), bulk(0x81)], high: [iface(1), bulk(0x81), iface(0, 1)] }),
    'EINVAL',
  ],
];

const ONE = encodeStrings([{ language: US_ENGLISH, strings: ['one'] }]);
const STRINGS: readonly Blob[] = [
  ['a string', ONE, '0'],
  ['more strings than needed', encodeStrings([{ language: US_ENGLISH, strings: ['one', 'two'] }]), '0'],
  ['none', encodeStrings([]), 'EINVAL'],
  ['descriptors again', encodeScenarioDescriptors(), 'EINVAL'],
  ['a length that is not that of the write', withWord(ONE, LENGTH_AT, ONE.length + 1), 'EINVAL'],
  ['strings of no language', withWord(ONE, 12, 0), 'EINVAL'],
  ['a language without strings', withWord(ONE, 8, 0), 'EINVAL'],
  ['a string without its end', withWord(ONE.slice(0, -1), LENGTH_AT, ONE.length - 1), 'EINVAL'],
  ['bytes behind the last string', followedBy(ONE, 0), 'EINVAL'],
];

/** Each blob on an instance of its own, behind `first`. */
function takes(blobs: readonly Blob[], first?: Uint8Array): Proof {
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

const PROOFS: readonly Requirement[] = [
  {
    id: 'descriptors-blob',
    sentence: 'Descriptors are one whole blob with a head that says so: else EINVAL, and ENOSYS for an unknown flag.',
    ...{ source: 'f_fs.c, ffs_ep0_write and __ffs_data_got_descs', needs: [], proof: takes(HEAD) },
  },
  {
    id: 'descriptors-kinds',
    sentence: 'A function describes interfaces, endpoints and little else: EINVAL.',
    ...{ source: 'f_fs.c, ffs_do_single_desc', needs: [], proof: takes(KINDS) },
  },
  {
    id: 'descriptors-speeds',
    sentence: 'There are at most 30 endpoints, and each speed has the same: else EINVAL.',
    ...{ source: 'f_fs.c, __ffs_data_do_entity', needs: [], proof: takes(SPEEDS) },
  },
  {
    id: 'strings-blob',
    sentence: 'Strings are one whole blob too, with every string that descriptors refer to: else EINVAL.',
    ...{ source: 'f_fs.c, __ffs_data_got_strings', needs: [], proof: takes(STRINGS, encodeScenarioDescriptors()) },
  },
  {
    id: 'strings-again',
    sentence: 'Strings that were refused can be written again.',
    source: 'f_fs.c, ffs_ep0_write (FFS_READ_STRINGS)',
    needs: [],
    proof: (stack) =>
      withInstance(stack, async ({ ep0, mount }) => {
        await ep0.write(encodeScenarioDescriptors());
        await expectOutcome('strings that are not enough', 'EINVAL', () => ep0.write(encodeStrings([])));
        await ep0.write(ONE);
        const files = await mount.files();
        if (files.length !== 5) throw new Error(`There are the files ${files.join(', ')}.`);
      }),
  },
];

/** What FunctionFS lets a function be. */
export const DESCRIPTORS: RequirementGroup = {
  name: 'descriptors',
  title: 'Descriptors and strings',
  requirements: PROOFS,
};
