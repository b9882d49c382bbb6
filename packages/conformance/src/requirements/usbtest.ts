import { Bench } from '../usbtest/bench.ts';
import { keepQueue, performLists, simpleIo } from '../usbtest/bulk-cases.ts';
import { chapter9 } from '../usbtest/chapter9.ts';
import { writeAndReadBack } from '../usbtest/control-cases.ts';
import { keepControlQueue } from '../usbtest/control-queue.ts';
import { clearToggle, haltAndClear } from '../usbtest/halt-cases.ts';
import type { SourceSinkType } from '../usbtest/source-sink-descriptors.ts';
import { unlinkQueued, unlinkSimple } from '../usbtest/unlink-cases.ts';
import type { Feature, Requirement, RequirementGroup } from './requirement.ts';

/** Of a row of the table. */
interface UsbTest {
  /** Number of the case in usbtest.c. */
  readonly number: number;
  readonly sentence: string;
  /** Function of usbtest.c. */
  readonly source: string;
  /** Endpoints of the device; bulk unless given. */
  readonly type?: SourceSinkType;
  readonly run: (bench: Bench) => Promise<void>;
}

const ITERATIONS = 16;
const LENGTH = 1024;
/** Of writes: no whole packets. Reads need whole ones, as the source sends nothing else. */
const VARY_OUT = 421;
const VARY_IN = 512;
const DEPTH = 32;
const ENTRIES = 8;
const ONE_PACKET = 512;
const INTERRUPT_PACKET = 64;

const once = { iterations: ITERATIONS, length: LENGTH } as const;
const list = { iterations: 4, length: LENGTH, entries: ENTRIES } as const;
const odd = { ...once, offset: 1 } as const;
const perform = { iterations: 8, length: 4096, depth: DEPTH } as const;
const isochronous = { iterations: 8, length: ONE_PACKET, depth: ENTRIES } as const;

const TESTS: readonly UsbTest[] = [
  {
    ...{ number: 0, sentence: 'A source and sink is found by its endpoints.', source: 'get_endpoints' },
    run: async () => {},
  },
  {
    ...{ number: 1, sentence: 'Writes arrive, one after the other.', source: 'simple_io' },
    run: (bench) => simpleIo(bench, bench.sink, once),
  },
  {
    ...{ number: 2, sentence: 'Reads bring what the device sends, one after the other.', source: 'simple_io' },
    run: (bench) => simpleIo(bench, bench.source, once),
  },
  {
    ...{
      number: 3,
      sentence: 'Writes of varying length arrive, with short and with empty last packets.',
      source: 'simple_io',
    },
    run: (bench) => simpleIo(bench, bench.sink, { ...once, vary: VARY_OUT }),
  },
  {
    ...{ number: 4, sentence: 'Reads of varying length bring what the device sends.', source: 'simple_io' },
    run: (bench) => simpleIo(bench, bench.source, { ...once, vary: VARY_IN }),
  },
  {
    ...{ number: 5, sentence: 'Queued writes arrive, and end in their order.', source: 'perform_sglist' },
    run: (bench) => performLists(bench, bench.sink, list),
  },
  {
    ...{
      number: 6,
      sentence: 'Queued reads bring what the device sends, and end in their order.',
      source: 'perform_sglist',
    },
    run: (bench) => performLists(bench, bench.source, list),
  },
  {
    ...{ number: 7, sentence: 'Queued writes of varying length arrive.', source: 'perform_sglist' },
    run: (bench) => performLists(bench, bench.sink, { ...list, vary: VARY_OUT }),
  },
  {
    ...{ number: 8, sentence: 'Queued reads of varying length bring what the device sends.', source: 'perform_sglist' },
    run: (bench) => performLists(bench, bench.source, { ...list, vary: VARY_IN }),
  },
  {
    ...{
      number: 9,
      sentence: 'A configured device answers the requests that chapter 9 requires.',
      source: 'ch9_postconfig',
    },
    run: chapter9,
  },
  {
    number: 10,
    sentence: 'Control transfers can be queued: they end in their order, and a stall ends only its own transfer.',
    source: 'test_ctrl_queue',
    run: (bench) => keepControlQueue(bench, ITERATIONS, DEPTH),
  },
  {
    ...{
      number: 11,
      sentence: 'A cancelled read ends with ECONNRESET, whenever it is cancelled.',
      source: 'unlink_simple',
    },
    run: ({ source }) => unlinkSimple(source, ITERATIONS, LENGTH),
  },
  {
    ...{
      number: 12,
      sentence: 'A cancelled write ends with ECONNRESET, whenever it is cancelled.',
      source: 'unlink_simple',
    },
    run: ({ sink }) => unlinkSimple(sink, ITERATIONS, LENGTH),
  },
  {
    number: 13,
    sentence: 'An endpoint that the host halts reports it and stalls until it is cleared, again and again.',
    source: 'halt_simple',
    run: async (bench) => {
      for (let round = 0; round < ITERATIONS; round++)
        for (const pipe of [bench.source, bench.sink]) await haltAndClear(bench, pipe);
    },
  },
  {
    ...{ number: 14, sentence: 'Data that control transfers write can be read back.', source: 'ctrl_out' },
    run: (bench) => writeAndReadBack(bench, { ...once, vary: VARY_OUT }),
  },
  {
    ...{
      number: 15,
      sentence: 'Isochronous writes arrive, nine out of ten.',
      source: 'test_queue',
      type: 'isochronous',
    },
    run: ({ sink }) => keepQueue(sink, isochronous),
  },
  {
    number: 16,
    ...{
      sentence: 'Isochronous reads bring packets, nine times out of ten.',
      source: 'test_queue',
      type: 'isochronous',
    },
    run: ({ source }) => keepQueue(source, isochronous),
  },
  {
    ...{ number: 17, sentence: 'Writes from an odd address arrive.', source: 'test_unaligned_bulk' },
    run: (bench) => simpleIo(bench, bench.sink, odd),
  },
  {
    ...{
      number: 18,
      sentence: 'Reads to an odd address do not change the bytes around them.',
      source: 'test_unaligned_bulk',
    },
    run: (bench) => simpleIo(bench, bench.source, odd),
  },
  {
    ...{
      number: 21,
      sentence: 'Control transfers to and from odd addresses work like any others.',
      source: 'ctrl_out',
    },
    run: (bench) => writeAndReadBack(bench, { ...once, vary: VARY_OUT, offset: 1 }),
  },
  {
    ...{
      number: 22,
      sentence: 'Isochronous writes from odd addresses arrive.',
      source: 'test_queue',
      type: 'isochronous',
    },
    run: ({ sink }) => keepQueue(sink, { ...isochronous, offset: 1 }),
  },
  {
    number: 23,
    sentence: 'Isochronous reads to odd addresses do not change the bytes around them.',
    ...{ source: 'test_queue', type: 'isochronous' },
    run: ({ source }) => keepQueue(source, { ...isochronous, offset: 1 }),
  },
  {
    ...{
      number: 24,
      sentence: 'Cancelling queued writes does not affect the others.',
      source: 'unlink_queued',
    },
    run: (bench) => unlinkQueued(bench, ITERATIONS, LENGTH, DEPTH),
  },
  {
    ...{ number: 25, sentence: 'Writes to an interrupt endpoint arrive.', source: 'simple_io', type: 'interrupt' },
    run: (bench) => simpleIo(bench, bench.sink, { ...once, length: INTERRUPT_PACKET }),
  },
  {
    ...{
      number: 26,
      sentence: 'Reads of an interrupt endpoint bring what it sends.',
      source: 'simple_io',
      type: 'interrupt',
    },
    run: (bench) => simpleIo(bench, bench.source, { ...once, length: INTERRUPT_PACKET }),
  },
  {
    ...{ number: 27, sentence: 'A queue of writes that is kept full loses nothing.', source: 'test_queue' },
    run: async (bench) => {
      await keepQueue(bench.sink, perform);
      await bench.tookAll(perform.iterations * perform.depth * perform.length);
    },
  },
  {
    ...{ number: 28, sentence: 'A queue of reads that is kept full is served without a break.', source: 'test_queue' },
    run: ({ source }) => keepQueue(source, perform),
  },
  {
    number: 29,
    sentence: 'Clearing a halt that is not set restarts both ends with DATA0.',
    source: 'toggle_sync_simple',
    run: async (bench) => {
      for (let round = 0; round < ITERATIONS; round++) await clearToggle(bench);
      await bench.tookAll(ITERATIONS * 2 * 2 * bench.sink.maxPacketSize);
    },
  },
];

function requirementOf({ number, sentence, source, type = 'bulk', run }: UsbTest): Requirement {
  const needs: Feature[] = type === 'isochronous' ? ['host-end', 'isochronous'] : ['host-end'];
  return {
    ...{ id: `usbtest-${number}`, sentence, source: `usbtest.c, ${source} (TEST ${number})`, needs },
    proof: async (stack) => {
      await using bench = await Bench.open(stack, type);
      await run(bench);
    },
  };
}

/** The cases of the kernel's usbtest, as its host sees them; the device is a function of FunctionFS. */
export const USBTEST: RequirementGroup = {
  name: 'usbtest',
  title: "The kernel's usbtest",
  requirements: TESTS.map(requirementOf),
};
