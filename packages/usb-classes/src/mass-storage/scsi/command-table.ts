import { readCapacity10, readCapacity16, readFormatCapacities } from './capacity.ts';
import { type CommandTable, type ScsiCommand, u8At, u16At, u32At, viewOf } from './command.ts';
import { inquiry, inquiryWithoutUnit } from './inquiry.ts';
import { preventAllow, startStop } from './media.ts';
import { modeSelect, modeSense, refuseCommand, succeed } from './mode.ts';
import { unmap, writeSame } from './provisioning.ts';
import { reportLuns, requestSense, requestSenseWithoutUnit } from './status.ts';
import { readHeader, readToc } from './table-of-contents.ts';
import { BLOCK_6, BLOCK_10, BLOCK_16, read, synchronizeCache, verify, write } from './transfer.ts';

/** Bit n for byte n of a CDB, of several bytes. */
const bytesOf = (...numbers: readonly number[]): number => numbers.reduce((mask, byte) => mask | (1 << byte), 0);
const BLOCK_10_MASK = bytesOf(1, 2, 3, 4, 5);
const BLOCK_16_MASK = bytesOf(1, 2, 3, 4, 5, 6, 7, 8, 9);
const COUNT_10 = bytesOf(7, 8);
const COUNT_12 = bytesOf(6, 7, 8, 9);
const COUNT_16 = bytesOf(10, 11, 12, 13);
/** 0 stands for 256 blocks. */
const count6 = (cdb: Uint8Array): number => (cdb[4] === 0 ? 256 : cdb[4]!);
const count10 = u16At(7);
const count12 = u32At(6);
const count16 = u32At(10);

/** READ and WRITE of one length. */
function transfers(
  length: 6 | 10 | 12 | 16,
): Pick<ScsiCommand, 'length' | 'mask' | 'size' | 'inBlocks' | 'needsMedium'> {
  const mask = {
    6: bytesOf(1, 2, 3, 4),
    10: BLOCK_10_MASK | COUNT_10,
    12: BLOCK_10_MASK | COUNT_12,
    16: BLOCK_16_MASK | COUNT_16,
  }[length];
  const size = { 6: count6, 10: count10, 12: count12, 16: count16 }[length];
  return { length, mask, size, inBlocks: true, needsMedium: true };
}

const IN = { direction: 'in' } as const;
const OUT = { direction: 'out' } as const;
const NONE = { direction: 'none' } as const;

const READ_CAPACITY_16: ScsiCommand = {
  ...IN,
  name: 'READ CAPACITY (16)',
  length: 16,
  mask: BLOCK_16_MASK | COUNT_16 | bytesOf(14),
  needsMedium: true,
  size: count16,
  allocation: true,
  run: readCapacity16,
};

/** Commands that f_mass_storage.c knows, with the bytes of their CDBs that it looks at (do_scsi_command). */
export const KERNEL_COMMANDS: CommandTable = new Map<number, ScsiCommand | ReadonlyMap<number, ScsiCommand>>([
  [0x00, { ...NONE, name: 'TEST UNIT READY', length: 6, mask: 0, needsMedium: true, run: succeed }],
  [
    0x03,
    {
      ...IN,
      name: 'REQUEST SENSE',
      length: 6,
      mask: bytesOf(4),
      size: u8At(4),
      allocation: true,
      anyUnit: true,
      run: requestSense,
      withoutUnit: requestSenseWithoutUnit,
    },
  ],
  [0x08, { ...IN, ...transfers(6), name: 'READ (6)', run: read(BLOCK_6, count6, false) }],
  [0x0a, { ...OUT, ...transfers(6), name: 'WRITE (6)', run: write(BLOCK_6, count6, false) }],
  [
    0x12,
    {
      ...IN,
      name: 'INQUIRY',
      length: 6,
      mask: bytesOf(4),
      size: u8At(4),
      allocation: true,
      anyUnit: true,
      run: inquiry,
      withoutUnit: inquiryWithoutUnit,
    },
  ],
  [0x15, { ...OUT, name: 'MODE SELECT (6)', length: 6, mask: bytesOf(1, 4), size: u8At(4), run: refuseCommand }],
  [
    0x1a,
    {
      ...IN,
      name: 'MODE SENSE (6)',
      length: 6,
      mask: bytesOf(1, 2, 4),
      size: u8At(4),
      allocation: true,
      run: modeSense(4),
    },
  ],
  [0x1b, { ...NONE, name: 'START STOP UNIT', length: 6, mask: bytesOf(1, 4), run: startStop }],
  [0x1e, { ...NONE, name: 'PREVENT ALLOW MEDIUM REMOVAL', length: 6, mask: bytesOf(4), run: preventAllow }],
  [
    0x23,
    {
      ...IN,
      name: 'READ FORMAT CAPACITIES',
      length: 10,
      mask: COUNT_10,
      size: count10,
      allocation: true,
      needsMedium: true,
      run: readFormatCapacities,
    },
  ],
  [
    0x25,
    {
      ...IN,
      name: 'READ CAPACITY (10)',
      length: 10,
      mask: bytesOf(2, 3, 4, 5, 8),
      size: () => 8,
      needsMedium: true,
      run: readCapacity10,
    },
  ],
  [0x28, { ...IN, ...transfers(10), name: 'READ (10)', run: read(BLOCK_10, count10) }],
  [0x2a, { ...OUT, ...transfers(10), name: 'WRITE (10)', run: write(BLOCK_10, count10) }],
  [
    0x2f,
    {
      ...NONE,
      name: 'VERIFY (10)',
      length: 10,
      mask: BLOCK_10_MASK | COUNT_10,
      needsMedium: true,
      run: verify(BLOCK_10, count10),
    },
  ],
  [
    0x35,
    {
      ...NONE,
      name: 'SYNCHRONIZE CACHE (10)',
      length: 10,
      mask: bytesOf(2, 3, 4, 5) | COUNT_10,
      needsMedium: true,
      run: synchronizeCache,
    },
  ],
  [
    0x43,
    {
      ...IN,
      name: 'READ TOC',
      length: 10,
      mask: bytesOf(1, 2, 6, 7, 8, 9),
      size: count10,
      allocation: true,
      needsMedium: true,
      cdrom: true,
      run: readToc,
    },
  ],
  [
    0x44,
    {
      ...IN,
      name: 'READ HEADER',
      length: 10,
      mask: BLOCK_10_MASK | COUNT_10,
      size: count10,
      allocation: true,
      needsMedium: true,
      cdrom: true,
      run: readHeader,
    },
  ],
  [
    0x55,
    { ...OUT, name: 'MODE SELECT (10)', length: 10, mask: bytesOf(1) | COUNT_10, size: count10, run: refuseCommand },
  ],
  [
    0x5a,
    {
      ...IN,
      name: 'MODE SENSE (10)',
      length: 10,
      mask: bytesOf(1, 2) | COUNT_10,
      size: count10,
      allocation: true,
      run: modeSense(8),
    },
  ],
  [0x88, { ...IN, ...transfers(16), name: 'READ (16)', run: read(BLOCK_16, count16) }],
  [0x8a, { ...OUT, ...transfers(16), name: 'WRITE (16)', run: write(BLOCK_16, count16) }],
  [0x9e, new Map([[0x10, READ_CAPACITY_16]])],
  [0xa8, { ...IN, ...transfers(12), name: 'READ (12)', run: read(BLOCK_10, count12) }],
  [0xaa, { ...OUT, ...transfers(12), name: 'WRITE (12)', run: write(BLOCK_10, count12) }],
]);

/** A row of the kernel's table. */
function row(code: number): ScsiCommand {
  const found = KERNEL_COMMANDS.get(code);
  if (found === undefined || !('name' in found)) throw new RangeError(`no command 0x${code.toString(16)}`);
  return found;
}

/** A row with more bytes of its CDB. */
const wider = (code: number, ...bytes: readonly number[]): [number, ScsiCommand] => [
  code,
  { ...row(code), mask: row(code).mask | bytesOf(...bytes) },
];
/** Blocks that VERIFY compares, if BYTCHK asks for that. */
const compared =
  (count: (cdb: Uint8Array) => number) =>
  (cdb: Uint8Array): number =>
    (cdb[1]! & 0x02) === 0 ? 0 : count(cdb);

/**
 * Commands of a disk: the kernel's, some of which say more, and those that current hosts send besides. Byte 6 of the
 * long CDBs is a group number, which changes nothing.
 */
export const COMMANDS: CommandTable = new Map<number, ScsiCommand | ReadonlyMap<number, ScsiCommand>>([
  ...KERNEL_COMMANDS,
  wider(0x03, 1),
  [0x12, { ...row(0x12), mask: bytesOf(1, 2, 3, 4), size: u16At(3) }],
  [0x15, { ...row(0x15), run: modeSelect(4) }],
  wider(0x1b, 3),
  [0x1d, { ...NONE, name: 'SEND DIAGNOSTIC', length: 6, mask: bytesOf(1), run: succeed }],
  wider(0x28, 6),
  wider(0x2a, 6),
  [0x2f, { ...row(0x2f), ...OUT, mask: row(0x2f).mask | bytesOf(6), size: compared(count10), inBlocks: true }],
  wider(0x35, 1, 6),
  [
    0x41,
    {
      ...OUT,
      name: 'WRITE SAME (10)',
      length: 10,
      mask: BLOCK_10_MASK | COUNT_10 | bytesOf(6),
      size: () => 1,
      inBlocks: true,
      needsMedium: true,
      run: writeSame(BLOCK_10, count10),
    },
  ],
  [
    0x42,
    { ...OUT, name: 'UNMAP', length: 10, mask: bytesOf(1, 6) | COUNT_10, size: count10, needsMedium: true, run: unmap },
  ],
  [0x55, { ...row(0x55), run: modeSelect(8) }],
  wider(0x88, 14),
  wider(0x8a, 14),
  [
    0x8f,
    {
      ...OUT,
      name: 'VERIFY (16)',
      length: 16,
      mask: BLOCK_16_MASK | COUNT_16 | bytesOf(14),
      size: compared(count16),
      inBlocks: true,
      needsMedium: true,
      run: verify(BLOCK_16, count16),
    },
  ],
  [
    0x91,
    {
      ...NONE,
      name: 'SYNCHRONIZE CACHE (16)',
      length: 16,
      mask: BLOCK_16_MASK | COUNT_16 | bytesOf(14),
      needsMedium: true,
      run: synchronizeCache,
    },
  ],
  [
    0x93,
    {
      ...OUT,
      name: 'WRITE SAME (16)',
      length: 16,
      mask: BLOCK_16_MASK | COUNT_16 | bytesOf(14),
      size: () => 1,
      inBlocks: true,
      needsMedium: true,
      run: writeSame(BLOCK_16, count16),
    },
  ],
  [
    0xa0,
    {
      ...IN,
      name: 'REPORT LUNS',
      length: 12,
      mask: bytesOf(2, 6, 7, 8, 9),
      size: count12,
      allocation: true,
      anyUnit: true,
      run: reportLuns,
    },
  ],
  wider(0xa8, 10),
  wider(0xaa, 10),
] as Iterable<[number, ScsiCommand | ReadonlyMap<number, ScsiCommand>]>);

/** The command that a CDB asks for; `undefined` if the table has none. */
export function commandOf(table: CommandTable, cdb: Uint8Array): ScsiCommand | undefined {
  const found = table.get(cdb[0]!);
  if (found === undefined || 'name' in found) return found;
  return found.get(viewOf(cdb).getUint8(1) & 0x1f);
}
