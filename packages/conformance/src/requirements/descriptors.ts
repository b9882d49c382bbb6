import { encodeDescriptors, encodeStrings } from '@gadgetloom/functionfs';
import { DescriptorType } from '@gadgetloom/udc';
import { encodeScenarioDescriptors } from '../scenario/gadget.ts';
import type { ScenarioStack } from '../scenario/target.ts';
import {
  type Blob,
  both,
  bulk,
  FLAGS_AT,
  followedBy,
  GOOD,
  iface,
  LENGTH_AT,
  takes,
  VENDOR_SPECIFIC,
  withWord,
} from './blobs.ts';
import { expectFiles, expectOutcome, untilClosed, withInstance } from './fresh-instance.ts';
import { OS_DESCRIPTORS } from './os-descriptors.ts';
import type { Requirement, RequirementGroup } from './requirement.ts';

const HID = 3;
const CCID = 0x0b;
const DFU = 0xfe;
const US_ENGLISH = 0x409;
/** In a blob of one speed, where the subclass of its interface is. */
const SUBCLASS_AT = 16 + 6;

/** An interface at full speed, and one descriptor of bytes behind it. */
function fullSpeedWith(interfaceClass: number, ...descriptor: number[]): Uint8Array {
  const blob = encodeDescriptors({ full: [iface(0, 0, interfaceClass)] });
  const count = FLAGS_AT + 4;
  return withWord(followedBy(blob, ...descriptor), count, 2);
}

/** A descriptor of type 0x21: what it is, and how long, the class of the interface before it says. */
const classSpecific = (interfaceClass: number, length: number, subClass = 0): Uint8Array => {
  const blob = fullSpeedWith(interfaceClass, ...filled(DescriptorType.HID, length));
  blob[SUBCLASS_AT] = subClass;
  return blob;
};

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
  ['an endpoint of audio', fullSpeedWith(VENDOR_SPECIFIC, 9, DescriptorType.ENDPOINT, 0x81, 1, 64, 0, 1, 0, 0), '0'],
  ['an endpoint of 8 bytes', fullSpeedWith(VENDOR_SPECIFIC, ...filled(DescriptorType.ENDPOINT, 8)), 'EINVAL'],
  ['a companion', fullSpeedWith(VENDOR_SPECIFIC, ...filled(DescriptorType.SS_ENDPOINT_COMPANION, 6)), '0'],
  ['an empty descriptor', fullSpeedWith(VENDOR_SPECIFIC, 0, DescriptorType.INTERFACE), 'EINVAL'],
  ['HID of a HID interface', classSpecific(HID, 9), '0'],
  ['HID of 10 bytes', classSpecific(HID, 10), 'EINVAL'],
  ['HID of another interface', classSpecific(VENDOR_SPECIFIC, 9), 'EINVAL'],
  ['CCID of a CCID interface', classSpecific(CCID, 54), '0'],
  ['DFU of a DFU interface', classSpecific(DFU, 9, 1), '0'],
  ['DFU of another subclass', classSpecific(DFU, 9, 2), 'EINVAL'],
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

/** Two strings in two languages, says the head; there are none behind it. */
const TWO_OF_NONE = withWord(withWord(encodeStrings([]), 8, 2), 12, 2);

async function leavesCounts(stack: ScenarioStack): Promise<void> {
  await withInstance(stack, async ({ ep0, mount }) => {
    const write = (blob: Uint8Array) => () => ep0.write(blob);
    await expectOutcome('a byte too many', 'EINVAL', write(followedBy(GOOD, 0)));
    await expectOutcome('fewer endpoints', 'EINVAL', write(both(iface(1), bulk(0x81))));
    await expectOutcome('as many endpoints', '0', write(GOOD));
    // With endpoint files it shows when everything is closed.
    await ep0.write(encodeStrings([]));
    await expectFiles({ mount }, 'ep0 ep1 ep2');
    ep0.close();
    await untilClosed(stack, { mount });
    using again = await mount.openEp0();
    await expectOutcome('fewer endpoints, from the beginning', '0', () => again.write(both(iface(1), bulk(0x81))));
  });
}

const PROOFS: readonly Requirement[] = [
  {
    id: 'descriptors-blob',
    sentence: 'Descriptors are one complete blob with a matching header: else EINVAL, and ENOSYS for an unknown flag.',
    ...{ source: 'f_fs.c, ffs_ep0_write and __ffs_data_got_descs', needs: [], proof: takes(HEAD) },
  },
  {
    id: 'descriptors-kinds',
    sentence: 'A function describes interfaces, endpoints and few other things: else EINVAL.',
    ...{ source: 'f_fs.c, ffs_do_single_desc', needs: [], proof: takes(KINDS) },
  },
  {
    id: 'descriptors-speeds',
    sentence: 'A function has at most 30 endpoints, the same at each speed: else EINVAL.',
    ...{ source: 'f_fs.c, __ffs_data_do_entity', needs: [], proof: takes(SPEEDS) },
  },
  {
    id: 'strings-blob',
    sentence: 'Strings are one complete blob with every string that the descriptors refer to: else EINVAL.',
    ...{ source: 'f_fs.c, __ffs_data_got_strings', needs: [], proof: takes(STRINGS, encodeScenarioDescriptors()) },
  },
  {
    id: 'descriptors-leftovers',
    sentence: 'Refused descriptors leave their counts behind until all files are closed: later ones fail with EINVAL.',
    ...{ source: 'f_fs.c, __ffs_data_got_descs and ffs_data_reset', needs: [], proof: leavesCounts },
  },
  {
    id: 'strings-unneeded',
    sentence: 'If no descriptor refers to a string, the kernel does not check the strings.',
    source: 'f_fs.c, __ffs_data_got_strings (needed_count)',
    ...{ needs: [], proof: takes([['two strings that are none', followedBy(TWO_OF_NONE, 1, 2, 3), '0']], GOOD) },
  },
  {
    id: 'strings-again',
    sentence: 'After refused strings, others can be written.',
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
  requirements: [...PROOFS, ...OS_DESCRIPTORS],
};
